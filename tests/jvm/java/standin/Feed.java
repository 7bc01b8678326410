package standin;

import org.apache.spark.sql.connector.read.streaming.Offset;

/** A source of the stand-in query. */
public interface Feed {
    Offset start();

    /** What Spark's own trigger would read up to. */
    Offset nextBatch(Offset from);
}

package org.apache.spark.sql.kafka010;

import org.apache.spark.sql.connector.read.streaming.Offset;

public class KafkaSourceOffset extends Offset {
    public final long end;

    public KafkaSourceOffset(long end) {
        this.end = end;
    }

    /** Spread over two partitions, as Spark writes it. */
    @Override
    public String json() {
        return "{\"events\":{\"0\":" + (end - end / 2) + ",\"1\":" + end / 2 + "}}";
    }
}

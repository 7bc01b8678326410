package org.apache.spark.sql.execution.streaming;

import org.apache.spark.sql.connector.read.streaming.Offset;
import org.apache.spark.sql.streaming.StreamingQueryProgress;
import org.apache.spark.sql.streaming.Trigger;
import org.apache.spark.util.SystemClock;
import scala.Tuple2;
import scala.collection.immutable.Map;
import standin.Feed;

/** Stand-in: each batch takes what the source holds and prints "batch ID ROWS MILLISECONDS-OF-THE-EPOCH". */
public class MicroBatchExecution extends StreamExecution {
    private final Feed source;
    private final Trigger trigger;
    private final ProcessingTimeExecutor triggerExecutor;
    private volatile Offset available;
    private volatile StreamingQueryProgress lastProgress;
    private int batchId;

    public MicroBatchExecution(String name, Trigger trigger, long triggerMs, Feed source) {
        super(name);
        this.source = source;
        this.trigger = trigger;
        this.available = source.start();
        this.triggerExecutor = new ProcessingTimeExecutor(triggerMs, new SystemClock());
    }

    @Override
    protected void runActivatedStream() throws Exception {
        triggerExecutor.execute(this::runBatch);
    }

    /** Spark, too, gives an idle progress the number of the batch to come. */
    private boolean runBatch() {
        Offset next = source.nextBatch(available);
        long rows = next.position() - available.position();
        lastProgress = new StreamingQueryProgress(batchId, rows);
        if (rows > 0) {
            System.out.println("batch " + batchId++ + " " + rows + " " + System.currentTimeMillis());
            available = next;
        }
        return isActive();
    }

    @Override
    public StreamingQueryProgress lastProgress() {
        return lastProgress;
    }

    @Override
    public Trigger trigger() {
        return trigger;
    }

    @Override
    public StreamProgress availableOffsets() {
        return new StreamProgress(source, available);
    }

    @Override
    public Map uniqueSources() {
        return new Map(new Tuple2(source, null));
    }
}

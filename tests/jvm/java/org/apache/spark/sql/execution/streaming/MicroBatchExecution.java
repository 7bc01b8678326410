package org.apache.spark.sql.execution.streaming;

import org.apache.spark.sql.kafka010.KafkaMicroBatchStream;
import org.apache.spark.sql.kafka010.KafkaSourceOffset;
import org.apache.spark.util.SystemClock;
import scala.collection.Iterator;
import scala.collection.immutable.Map;

/** Stand-in: each batch takes what the source holds and prints "batch ID ROWS MILLISECONDS-OF-THE-EPOCH". */
public class MicroBatchExecution extends StreamExecution {
    private final KafkaMicroBatchStream source;
    private final ProcessingTimeExecutor triggerExecutor;
    private volatile KafkaSourceOffset available = new KafkaSourceOffset(0);
    private int batchId;

    public MicroBatchExecution(String name, long triggerMs, KafkaMicroBatchStream source) {
        super(name);
        this.source = source;
        this.triggerExecutor = new ProcessingTimeExecutor(triggerMs, new SystemClock());
    }

    @Override
    protected void runActivatedStream() throws Exception {
        triggerExecutor.execute(this::runBatch);
    }

    private boolean runBatch() {
        KafkaSourceOffset next = source.nextBatch(available);
        if (next.end > available.end) {
            System.out.println("batch " + batchId++ + " " + (next.end - available.end) + " " + System.currentTimeMillis());
            available = next;
        }
        return isActive();
    }

    @Override
    public StreamProgress availableOffsets() {
        return new StreamProgress(source, available);
    }

    @Override
    public Map uniqueSources() {
        return () -> new Iterator() {
            private boolean taken;

            @Override
            public boolean hasNext() {
                return !taken;
            }

            @Override
            public Object next() {
                taken = true;
                return source;
            }
        };
    }
}

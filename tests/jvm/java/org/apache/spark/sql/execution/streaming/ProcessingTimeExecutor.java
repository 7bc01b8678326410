package org.apache.spark.sql.execution.streaming;

import java.util.function.BooleanSupplier;
import org.apache.spark.util.Clock;

/** Stand-in with Spark's members: one loop that runs a batch and waits for the next point of the epoch's grid. */
public class ProcessingTimeExecutor {
    private final Clock clock;
    private final long intervalMs;

    public ProcessingTimeExecutor(long intervalMs, Clock clock) {
        this.clock = clock;
        this.intervalMs = intervalMs;
        if (intervalMs() < 0) { // Spark 3 asserts here, on the user's thread
            throw new IllegalArgumentException("negative interval");
        }
    }

    public Clock clock() {
        return clock;
    }

    private long intervalMs() {
        return intervalMs;
    }

    /** What the private accessor says, as the loop below sees it. */
    public long seenIntervalMs() {
        return intervalMs();
    }

    public void execute(BooleanSupplier runBatch) throws InterruptedException {
        while (true) {
            long next = nextBatchTime(clock.getTimeMillis());
            boolean more = runBatch.getAsBoolean();
            if (!more) {
                return;
            }
            if (intervalMs() > 0) {
                clock.waitTillTime(next);
            }
        }
    }

    public long nextBatchTime(long now) {
        return intervalMs() == 0 ? now : now / intervalMs() * intervalMs() + intervalMs();
    }
}

package org.apache.spark.util;

/** Stand-in with Spark's members: the wait polls in tenths of its length, at least 25 ms. */
public class SystemClock implements Clock {
    private final long minPollTime = Long.parseLong("25");

    public long minPollTime() {
        return minPollTime;
    }

    @Override
    public long getTimeMillis() {
        return System.currentTimeMillis();
    }

    @Override
    public long waitTillTime(long targetTime) throws InterruptedException {
        long pause = Math.max((targetTime - getTimeMillis()) / 10, minPollTime);
        for (;;) {
            long now = getTimeMillis();
            if (now >= targetTime) {
                return now;
            }
            Thread.sleep(Math.min(targetTime - now, pause));
        }
    }
}

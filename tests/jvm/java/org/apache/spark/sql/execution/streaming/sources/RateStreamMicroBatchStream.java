package org.apache.spark.sql.execution.streaming.sources;

import org.apache.spark.sql.connector.read.streaming.Offset;
import org.apache.spark.sql.connector.read.streaming.ReadLimit;
import org.apache.spark.sql.connector.read.streaming.ReadMaxFiles;
import org.apache.spark.sql.connector.read.streaming.SupportsAdmissionControl;
import standin.Feed;

/** Stand-in for every source that must not be asked what it holds: doing so ends the test. */
public class RateStreamMicroBatchStream implements Feed, SupportsAdmissionControl {
    private final long perSecond;
    private final boolean limited;
    private final long start = System.nanoTime();

    public RateStreamMicroBatchStream(long perSecond, boolean limited) {
        this.perSecond = perSecond;
        this.limited = limited;
    }

    private static Offset at(long position) {
        return new Offset() {
            @Override
            public String json() {
                throw new AssertionError("its offsets are nobody's business");
            }

            @Override
            public long position() {
                return position;
            }
        };
    }

    @Override
    public ReadLimit getDefaultReadLimit() {
        return limited ? new ReadMaxFiles() : ReadLimit.allAvailable();
    }

    public Offset latestOffset(Offset from, ReadLimit limit) {
        System.out.println("asked");
        throw new AssertionError("must not be asked");
    }

    @Override
    public Offset start() {
        return at(0);
    }

    @Override
    public Offset nextBatch(Offset from) {
        return at((long) ((System.nanoTime() - start) / 1e9 * perSecond));
    }
}

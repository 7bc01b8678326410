package org.apache.spark.sql.kafka010;

import org.apache.spark.sql.connector.read.streaming.Offset;
import org.apache.spark.sql.connector.read.streaming.ReadLimit;
import scala.Option;
import standin.Feed;

/** Stand-in: a topic that grows by `perSecond` events a second, with the probe's temper as an option. */
public class KafkaMicroBatchStream implements Feed {
    /** How the source answers when it is probed: at once, after 0.2 s, after a minute, only twice, or never. */
    public enum Temper { PROMPT, SLOW, BLOCKING, FAILING, DEAD }

    private final Option maxOffsetsPerTrigger;
    private final Option minOffsetPerTrigger;
    private final long perSecond;
    private final Temper temper;
    private final long start = System.nanoTime();
    private int answers;

    public KafkaMicroBatchStream(long perSecond, Long most, Long least, Temper temper) {
        this.perSecond = perSecond;
        this.maxOffsetsPerTrigger = new Option(most);
        this.minOffsetPerTrigger = new Option(least);
        this.temper = temper;
    }

    private long end() {
        return (long) ((System.nanoTime() - start) / 1e9 * perSecond);
    }

    @Override
    public Offset start() {
        return new KafkaSourceOffset(0);
    }

    @Override
    public Offset nextBatch(Offset from) {
        long end = end();
        return new KafkaSourceOffset(maxOffsetsPerTrigger.isEmpty()
                ? end
                : Math.min(end, from.position() + (Long) maxOffsetsPerTrigger.get()));
    }

    public Offset latestOffset(Offset from, ReadLimit limit) {
        if (!(from instanceof KafkaSourceOffset) || limit == null) {
            throw new IllegalArgumentException("asked from " + from + " with " + limit);
        }
        if (temper == Temper.DEAD || (temper == Temper.FAILING && answers++ >= 2)) {
            throw new IllegalStateException("no broker answers");
        }
        if (temper == Temper.SLOW) {
            pause(200);
        }
        if (temper == Temper.BLOCKING) {
            System.out.println("probing");
            pause(60_000);
        }
        return new KafkaSourceOffset(end());
    }

    private static void pause(long milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException interrupted) {
            throw new RuntimeException(interrupted); // Kafka's client wraps it too, and the flag is gone
        }
    }

    public Offset deserializeOffset(String json) {
        throw new IllegalArgumentException(json);
    }
}

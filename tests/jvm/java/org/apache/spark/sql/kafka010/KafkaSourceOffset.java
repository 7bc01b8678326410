package org.apache.spark.sql.kafka010;

import org.apache.kafka.common.TopicPartition;
import org.apache.spark.sql.connector.read.streaming.Offset;
import scala.Tuple2;
import scala.collection.immutable.Map;

/** Stand-in: spread over two partitions. */
public class KafkaSourceOffset extends Offset {
    public final long end;

    public KafkaSourceOffset(long end) {
        this.end = end;
    }

    public Map partitionToOffsets() {
        return new Map(new Tuple2(new TopicPartition("events", 0), end - end / 2),
                new Tuple2(new TopicPartition("events", 1), end / 2));
    }

    @Override
    public String json() {
        throw new AssertionError("writing it out costs Spark too much for every look");
    }

    @Override
    public long position() {
        return end;
    }
}

package org.apache.spark.sql.execution.streaming;

import org.apache.spark.sql.connector.read.streaming.Offset;
import scala.Option;

public class StreamProgress {
    private final Object source;
    private final Offset offset;

    public StreamProgress(Object source, Offset offset) {
        this.source = source;
        this.offset = offset;
    }

    public Option get(Object key) {
        return new Option(key == source ? offset : null);
    }
}

package org.apache.spark.sql.connector.read.streaming;

public abstract class Offset {
    public abstract String json();

    /** Rows that lie before it; the stand-in's own. */
    public abstract long position();
}

package org.apache.spark.sql.connector.read.streaming;

public abstract class Offset {
    public abstract String json();
}

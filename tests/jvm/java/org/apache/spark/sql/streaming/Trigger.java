package org.apache.spark.sql.streaming;

public abstract class Trigger {
}

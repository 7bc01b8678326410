package org.apache.spark.sql.connector.read.streaming;

public final class ReadAllAvailable implements ReadLimit {
}

package org.apache.spark.sql.connector.read.streaming;

public final class ReadMaxFiles implements ReadLimit {
}

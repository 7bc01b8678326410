package org.apache.spark.sql.connector.read.streaming;

public interface ReadLimit {
    static ReadLimit allAvailable() {
        return new ReadAllAvailable();
    }
}

package org.apache.spark.sql.connector.read.streaming;

public interface SupportsAdmissionControl {
    default ReadLimit getDefaultReadLimit() {
        return ReadLimit.allAvailable();
    }
}

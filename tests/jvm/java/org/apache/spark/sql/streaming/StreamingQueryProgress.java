package org.apache.spark.sql.streaming;

public final class StreamingQueryProgress {
    private final long batchId;
    private final long rows;

    public StreamingQueryProgress(long batchId, long rows) {
        this.batchId = batchId;
        this.rows = rows;
    }

    public long batchId() {
        return batchId;
    }

    public long numInputRows() {
        return rows;
    }
}

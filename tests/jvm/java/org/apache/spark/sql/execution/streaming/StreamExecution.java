package org.apache.spark.sql.execution.streaming;

import java.util.UUID;
import org.apache.spark.sql.streaming.StreamingQueryProgress;
import org.apache.spark.sql.streaming.Trigger;
import scala.collection.immutable.Map;

/** Stand-in for a running query: identity, stream thread and stop() as Spark orders it: state, interrupt, join. */
public abstract class StreamExecution {
    private final String name;
    private final UUID id = UUID.randomUUID();
    private final UUID runId = UUID.randomUUID();
    private final QueryExecutionThread queryExecutionThread;
    private volatile boolean active = true;
    private volatile Throwable end;

    protected StreamExecution(String name) {
        this.name = name;
        this.queryExecutionThread = new StreamExecution$$anon$1(this, "stream execution thread for " + name);
    }

    protected abstract void runActivatedStream() throws Exception;

    public abstract Map uniqueSources();

    public abstract StreamProgress availableOffsets();

    public abstract StreamingQueryProgress lastProgress();

    public abstract Trigger trigger();

    void runStream() {
        try {
            runActivatedStream();
        } catch (Throwable thrown) {
            end = thrown;
        }
    }

    public void start() {
        queryExecutionThread.start();
    }

    /** False when the stream thread has not ended after `timeoutMs`. */
    public boolean stop(long timeoutMs) throws InterruptedException {
        active = false;
        queryExecutionThread.interrupt();
        queryExecutionThread.join(timeoutMs);
        return !queryExecutionThread.isAlive();
    }

    public QueryExecutionThread queryExecutionThread() {
        return queryExecutionThread;
    }

    public String name() {
        return name;
    }

    public UUID id() {
        return id;
    }

    public UUID runId() {
        return runId;
    }

    public boolean isActive() {
        return active;
    }

    /** What ended the stream thread; null while it runs or after a return. */
    public Throwable end() {
        return end;
    }
}

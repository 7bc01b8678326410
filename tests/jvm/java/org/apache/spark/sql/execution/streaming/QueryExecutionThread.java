package org.apache.spark.sql.execution.streaming;

public abstract class QueryExecutionThread extends Thread {
    protected QueryExecutionThread(String name) {
        super(name);
        setDaemon(true);
    }
}

package org.apache.spark.sql.execution.streaming;

/** What scalac makes of the anonymous thread in StreamExecution: by its field $outer the agent knows the query. */
final class StreamExecution$$anon$1 extends QueryExecutionThread {
    private final StreamExecution $outer;

    StreamExecution$$anon$1(StreamExecution outer, String name) {
        super(name);
        this.$outer = outer;
    }

    @Override
    public void run() {
        $outer.runStream();
    }
}

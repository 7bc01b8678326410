package org.apache.spark.launcher;

import org.apache.spark.sql.execution.streaming.ProcessingTimeExecutor;
import org.apache.spark.util.SystemClock;

/** Stand-in for the JVM whose stdout spark-class runs as a command. Touches the agent's classes all the same. */
public class Main {
    public static void main(String[] arguments) throws Exception {
        SystemClock clock = new SystemClock();
        clock.waitTillTime(clock.getTimeMillis() + 50);
        System.out.println("command " + new ProcessingTimeExecutor(700, clock).seenIntervalMs());
        System.in.read();
    }
}

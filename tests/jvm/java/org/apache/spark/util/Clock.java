package org.apache.spark.util;

public interface Clock {
    long getTimeMillis();

    long waitTillTime(long targetTime) throws InterruptedException;
}

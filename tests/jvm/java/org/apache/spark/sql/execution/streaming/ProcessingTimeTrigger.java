package org.apache.spark.sql.execution.streaming;

import org.apache.spark.sql.streaming.Trigger;

public final class ProcessingTimeTrigger extends Trigger {
}

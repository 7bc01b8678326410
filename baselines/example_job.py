#!/usr/bin/env python3
"""A job as it stands in production: JSON events from Kafka, counted and averaged per window of event time under a
watermark, appended exactly once to Parquet or JSON files.

    spark-submit --packages org.apache.spark:spark-sql-kafka-0-10_2.12:3.5.7 \\
        baselines/example_job.py --output /data/windows --checkpoint /data/windows.checkpoint

It knows nothing of AdaptiveStream. To make its trigger adaptive, add to spark-submit:

        --conf spark.driver.extraJavaOptions=-agentpath:/path/to/libadaptivestream.so
"""

import argparse
import os
import sys


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", required=True, help="folder for the results")
    parser.add_argument("--checkpoint", required=True, help="folder for the job's own state")
    parser.add_argument("--broker", default=os.environ.get("KAFKA_BROKER", "localhost:9092"))
    parser.add_argument("--topic", default=os.environ.get("KAFKA_TOPIC", "adaptive-stream"))
    parser.add_argument("--from", dest="start", choices=["latest", "earliest"], default="earliest",
                        help="which events to begin with where there is no checkpoint yet")
    parser.add_argument("--format", choices=["parquet", "json"], default="parquet")
    parser.add_argument("--trigger", default="2 seconds", help='"2 seconds", "once" or "available-now"')
    parser.add_argument("--window", default="10 seconds")
    parser.add_argument("--watermark", default="10 seconds", help="how late an event may come")
    parser.add_argument("--seconds", type=float, help="stop after so long (default: run for ever)")
    return parser.parse_args()


def trigger_arguments(trigger):
    return {"once": {"once": True}, "available-now": {"availableNow": True}}.get(trigger, {"processingTime": trigger})


def windows(events, options):
    from pyspark.sql import functions as f
    fields = "ts DOUBLE, value DOUBLE, rate_target DOUBLE, second INT"
    parsed = events.select(f.from_json(f.col("value").cast("string"), fields).alias("event"), "timestamp")
    return (parsed
            .withColumn("event_time", f.coalesce(f.timestamp_seconds("event.ts"), "timestamp"))
            .withWatermark("event_time", options.watermark)
            .groupBy(f.window("event_time", options.window))
            .agg(f.count("*").alias("events"), f.sum("event.value").alias("total"),
                 f.min("event_time").alias("first"), f.max("event_time").alias("last"))
            .select("window.start", "window.end", "events", "total", "first", "last"))


def main():
    options = arguments()
    try:
        from pyspark.sql import SparkSession
        try:
            from pyspark.errors import PySparkException
        except ImportError:  # before Spark 3.4
            from pyspark.sql.utils import CapturedException as PySparkException
    except ImportError:
        sys.exit("example_job: pyspark is missing; run it with spark-submit, or `pip install pyspark==3.5.7`")
    spark = SparkSession.builder.appName("example_job").getOrCreate()
    spark.sparkContext.setLogLevel("WARN")
    try:
        events = (spark.readStream.format("kafka")
                  .option("kafka.bootstrap.servers", options.broker)
                  .option("subscribe", options.topic)
                  .option("startingOffsets", options.start)
                  .load())
        query = (windows(events, options).writeStream
                 .queryName("windows").outputMode("append").format(options.format)
                 .option("path", options.output).option("checkpointLocation", options.checkpoint)
                 .trigger(**trigger_arguments(options.trigger)).start())
        query.awaitTermination(options.seconds)
        query.stop()
    except PySparkException as error:
        sys.exit(f"example_job: {str(error).splitlines()[0]}")
    except KeyboardInterrupt:
        pass
    spark.stop()


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""The yardstick: a map-only job with a fixed trigger, from Kafka into a sink that keeps nothing.

    spark-submit --packages org.apache.spark:spark-sql-kafka-0-10_2.12:3.5.7 \\
        baselines/fixed_baseline.py ["2 seconds" [60]] [--broker HOST:PORT] [--topic NAME]

Run it as it is, and then with --conf spark.driver.extraJavaOptions=-agentpath:.../libadaptivestream.so.
"""

import argparse
import os
import sys
import time


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("interval", nargs="?", default="2 seconds", help='trigger interval (default "2 seconds")')
    parser.add_argument("seconds", nargs="?", type=float, default=60, help="run so long (default 60)")
    parser.add_argument("--broker", default=os.environ.get("KAFKA_BROKER", "localhost:9092"),
                        help="default: KAFKA_BROKER or localhost:9092")
    parser.add_argument("--topic", default=os.environ.get("KAFKA_TOPIC", "adaptive-stream"),
                        help="default: KAFKA_TOPIC or adaptive-stream")
    parser.add_argument("--from", dest="start", choices=["latest", "earliest"], default="latest",
                        help="which events to begin with (default latest)")
    parser.add_argument("--checkpoint", help="checkpoint folder (default: a temporary one of Spark)")
    return parser.parse_args()


def fail(message):
    sys.exit(f"fixed_baseline: {message}")


def check_topic(spark, options):
    """Asks Kafka itself, with a deadline: the source would retry an unreachable broker for minutes."""
    jvm = spark.sparkContext._jvm
    try:
        properties = jvm.java.util.Properties()
        admin_class = jvm.org.apache.kafka.clients.admin.AdminClient
        properties.setProperty("bootstrap.servers", options.broker)
        properties.setProperty("default.api.timeout.ms", "10000")
        properties.setProperty("request.timeout.ms", "5000")
        admin = admin_class.create(properties)
    except TypeError:
        scala = "2.12" if spark.version.startswith("3.") else "2.13"
        fail("Spark's Kafka connector is missing; "
             f"add --packages org.apache.spark:spark-sql-kafka-0-10_{scala}:{spark.version}")
    except Exception as error:
        fail(f"broker {options.broker}: {cause(error)}; write --broker HOST:PORT")
    try:
        topics = admin.listTopics().names().get()
    except Exception as error:
        fail(f"broker {options.broker} does not answer ({cause(error)}); is Kafka running? Set --broker or KAFKA_BROKER")
    finally:
        admin.close(jvm.java.time.Duration.ofSeconds(1))
    if not topics.contains(options.topic):
        fail(f"topic {options.topic} does not exist on {options.broker}; create it, or set --topic or KAFKA_TOPIC")


def cause(error):
    """The innermost message of an exception from the JVM."""
    java = getattr(error, "java_exception", None)
    if java is None:
        return error
    while java.getCause() is not None:
        java = java.getCause()
    return java.getMessage() or java.getClass().getName()


def start(spark, options):
    events = (spark.readStream.format("kafka")
              .option("kafka.bootstrap.servers", options.broker)
              .option("subscribe", options.topic)
              .option("startingOffsets", options.start)
              .load())
    writer = (events.selectExpr("CAST(key AS STRING) AS key", "CAST(value AS STRING) AS value", "timestamp")
              .writeStream.format("noop").queryName("fixed_baseline").trigger(processingTime=options.interval))
    if options.checkpoint:
        writer = writer.option("checkpointLocation", options.checkpoint)
    return writer.start()


def main():
    options = arguments()
    try:
        from pyspark.sql import SparkSession
        try:
            from pyspark.errors import PySparkException
        except ImportError:  # before Spark 3.4
            from pyspark.sql.utils import CapturedException as PySparkException
    except ImportError:
        fail("pyspark is missing; run it with spark-submit, or `pip install pyspark==3.5.7`")
    # All batches are kept, so that the summary counts every one.
    spark = SparkSession.builder.appName("fixed_baseline").config(
        "spark.sql.streaming.numRecentProgressUpdates", "1000000").getOrCreate()
    spark.sparkContext.setLogLevel("WARN")
    check_topic(spark, options)
    began = time.monotonic()
    try:
        query = start(spark, options)
        query.awaitTermination(options.seconds)
    except PySparkException as error:
        fail(str(error).splitlines()[0])
    except KeyboardInterrupt:
        pass
    seconds = time.monotonic() - began
    query.stop()
    rows = [progress["numInputRows"] for progress in query.recentProgress if progress["numInputRows"] > 0]
    print(f"trigger {options.interval}, {seconds:.0f} s: {len(rows)} batches, {sum(rows)} rows, "
          f"{sum(rows) / len(rows) if rows else 0:.1f} rows per batch on average")
    spark.stop()


if __name__ == "__main__":
    main()

"""What the lab's Spark jobs share. Runs inside the driver's Python: pyspark and the standard library only."""

import json
import os
import pathlib
import time

JVM = os.getppid()  # spark-submit's, which has started this Python and ends when the demo, bench or test does


def session(name):
    from pyspark.sql import SparkSession
    spark = SparkSession.builder.appName(name).config(
        "spark.sql.streaming.numRecentProgressUpdates", "1000000").getOrCreate()
    spark.sparkContext.setLogLevel("WARN")
    return spark


def kafka_events(spark, broker, topic, **options):
    reader = spark.readStream.format("kafka").option("kafka.bootstrap.servers", broker).option("subscribe", topic)
    return reader.option("startingOffsets", "earliest").options(**options).load()


def leave(directory, name, content):
    """Writes a small JSON file whole: readers see nothing or all of it."""
    path = pathlib.Path(directory) / name
    temporary = path.with_name(name + ".part")
    temporary.write_text(json.dumps(content), encoding="utf-8")
    temporary.rename(path)


def dump_progress(query, path):
    """All of the query's progress, a JSON line each, as Spark wrote it."""
    with open(path, "w", encoding="utf-8") as file:
        for progress in query._jsq.recentProgress():
            file.write(progress.json().replace("\n", " ") + "\n")


def jvm_facts(spark):
    jvm = spark.sparkContext._jvm
    return {"jvm_pid": jvm.java.lang.ProcessHandle.current().pid(), "python_pid": os.getpid(),
            "java": jvm.java.lang.System.getProperty("java.version"), "spark": spark.version}


def wait(condition, what, timeout_s):
    end = time.monotonic() + timeout_s
    while not condition():
        if os.getppid() != JVM:
            raise SystemExit(f"the driver's JVM is gone; no use waiting for {what}")
        if time.monotonic() > end:
            raise SystemExit(f"gave up after {timeout_s} s waiting for {what}")
        time.sleep(0.05)

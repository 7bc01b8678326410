#!/usr/bin/env python3
"""What a job can do by itself, without an agent: look at each finished batch, and change the trigger when traffic rises.

    spark-submit --packages org.apache.spark:spark-sql-kafka-0-10_2.12:3.5.7 \\
        baselines/reactive_baseline.py ["2 seconds" ["500 milliseconds" [60]]] [--broker HOST:PORT] [--topic NAME] \\
        [--checkpoint FOLDER]

A batch whose events came at more than 1.5 times the mean rate so far makes the trigger short, and the first one that did
not makes it long again. Spark has no way to change the trigger of a running query, so each change is a restart from the
checkpoint. Every change is printed with its lag: how long the traffic had been different before the job did anything. The
lag is the point: what is learnt from a batch can help the next one at best.
"""

import argparse
import contextlib
import datetime
import os
import sys
import tempfile
import time

HIGH = 1.5  # times the mean rate; what `policy=reactive` of the agent uses too


class ReactiveRule:
    """Decides from the batches seen. Pure: time comes with each batch, in seconds."""

    def __init__(self):
        self.first_s = self.last_s = None
        self.rows = 0
        self.short = False

    def batch(self, start_s, rows):
        """A finished batch with rows: when it was triggered, and how many. Returns whether the trigger is to be short."""
        if self.first_s is None:
            self.first_s = self.last_s = start_s
            return self.short
        took_s, seen_s = start_s - self.last_s, start_s - self.first_s
        if took_s > 0:
            self.rows += rows
            self.short = rows / took_s > HIGH * self.rows / seen_s
            self.last_s = start_s
        return self.short


def seconds_of(timestamp):
    """Spark's "2026-01-31T12:00:00.123Z"."""
    return datetime.datetime.strptime(timestamp, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=datetime.timezone.utc).timestamp()


class ReactiveQuery:
    """A query that restart() starts anew from its checkpoint with a given trigger. step() looks at what it did."""

    def __init__(self, start, long, short):
        self.start, self.long, self.short = start, long, short
        self.rule = ReactiveRule()
        self.query = start(long)
        self.is_short = False
        self.seen = -1  # number of the last batch that was looked at
        self.kept = []  # progress of the queries before, as JSON
        self.changes = []  # (when, whether short, seconds since the trigger of the batch that told)

    def step(self):
        """Returns the change as a tuple of `changes`, or None."""
        progress = self.query.lastProgress
        if not progress or progress["numInputRows"] == 0 or progress["batchId"] <= self.seen:
            return None
        self.seen = progress["batchId"]
        told_s = seconds_of(progress["timestamp"])
        short = self.rule.batch(told_s, progress["numInputRows"])
        if short == self.is_short:
            return None
        end_s = time.monotonic() + 5  # a batch that runs is not cut off, for it would be done twice
        while self.query.status["isTriggerActive"] and time.monotonic() < end_s:
            time.sleep(0.005)
        self.query.stop()
        self.kept += self.recent()
        self.is_short = short
        self.query = self.start(self.short if short else self.long)
        self.changes.append((time.time(), short, time.time() - told_s))
        return self.changes[-1]

    def recent(self):
        """Of the running query: Spark's own JSON, a text each."""
        return [progress.json() for progress in self.query._jsq.recentProgress()]

    def progress(self):
        return self.kept + self.recent()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("interval", nargs="?", default="2 seconds", help='trigger in quiet times (default "2 seconds")')
    parser.add_argument("short", nargs="?", default="500 milliseconds", help='and in others (default "500 milliseconds")')
    parser.add_argument("seconds", nargs="?", type=float, default=60, help="run so long (default 60)")
    parser.add_argument("--broker", default=os.environ.get("KAFKA_BROKER", "localhost:9092"),
                        help="default: KAFKA_BROKER or localhost:9092")
    parser.add_argument("--topic", default=os.environ.get("KAFKA_TOPIC", "adaptive-stream"),
                        help="default: KAFKA_TOPIC or adaptive-stream")
    parser.add_argument("--checkpoint", help="folder of the checkpoint, from which a change of the trigger is a restart; "
                        "kept, while the default is a temporary one")
    return parser.parse_args()


def main():
    options = arguments()
    with contextlib.ExitStack() as stack:
        if options.checkpoint is None:
            options.checkpoint = stack.enter_context(tempfile.TemporaryDirectory(prefix="reactive_baseline-"))
        run(options)


def run(options):
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        sys.exit("reactive_baseline: pyspark is missing; run it with spark-submit, or `pip install pyspark==3.5.7`")
    spark = SparkSession.builder.appName("reactive_baseline").config(
        "spark.sql.streaming.numRecentProgressUpdates", "1000000").getOrCreate()
    spark.sparkContext.setLogLevel("WARN")

    def start(trigger):
        events = (spark.readStream.format("kafka").option("kafka.bootstrap.servers", options.broker)
                  .option("subscribe", options.topic).option("startingOffsets", "latest").load())
        return (events.selectExpr("CAST(value AS STRING) AS value").writeStream.format("noop")
                .queryName("reactive_baseline").trigger(processingTime=trigger)
                .option("checkpointLocation", options.checkpoint).start())

    reactive = ReactiveQuery(start, options.interval, options.short)
    end_s = time.monotonic() + options.seconds
    try:
        while time.monotonic() < end_s and reactive.query.isActive:
            change = reactive.step()
            if change:
                print(f"{'short' if change[1] else 'long'} trigger, {change[2]:.2f} s after the trigger of the batch that told",
                      flush=True)
            time.sleep(0.02)
    except KeyboardInterrupt:
        pass
    if not reactive.query.isActive:
        sys.exit(f"reactive_baseline: the query ended: {reactive.query.exception()}")
    reactive.query.stop()
    print(f"{len(reactive.changes)} changes")
    spark.stop()


if __name__ == "__main__":
    main()

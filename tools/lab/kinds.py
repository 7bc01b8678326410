"""One driver with a small query of each kind of source and trigger, for tools/matrix.py: what each did lands in `results`.

Kinds that this Spark does not know are left out of the results' "rows" and have an "error" instead. The queries of one
trigger run side by side, one trigger after the other.
"""

import argparse
import os
import pathlib
import threading
import time

from job import JVM, kafka_events, leave, session

TRIGGER = "2 seconds"
# With rows, before a query without an end is stopped; enough of the governed ones for the agent to have asked its source.
BATCHES = {"processing-time": 8, "default": 8}
PATIENCE_S = 90
# The connector's offset calls queue behind its long polls, half a second each by default: short ones keep batches short.
KAFKA = {"kafka.fetch.max.wait.ms": "20"}


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--broker", required=True)
    parser.add_argument("--topic", required=True, help="with traffic on it")
    parser.add_argument("--output-topic", required=True)
    parser.add_argument("--kinds", required=True, help="SOURCE/TRIGGER,...")
    parser.add_argument("--directory", type=pathlib.Path, required=True)
    return parser.parse_args()


class Feeder(threading.Thread):
    """Puts a text file of ten lines into a folder, twice a second."""

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.folder = folder
        self.folder.mkdir(parents=True)
        self.over = threading.Event()

    def run(self):
        number = 0
        while not self.over.is_set():
            part = self.folder / f".{number}.part"  # a leading dot hides it from Spark
            part.write_text("".join(f"line {number} {line}\n" for line in range(10)), encoding="utf-8")
            part.rename(self.folder / f"{number}.txt")
            number += 1
            self.over.wait(0.5)


class Kinds:
    def __init__(self, options):
        self.options = options
        self.spark = session("kinds")
        self.files = options.directory / "files"
        self.results = {}

    def kafka(self, **options):
        return kafka_events(self.spark, self.options.broker, self.options.topic, **KAFKA, **options)

    def rate(self):
        # One partition: a continuous query keeps a task slot for each.
        return self.spark.readStream.format("rate").option("rowsPerSecond", 20).option("numPartitions", 1).load()

    def rows_of(self, source):
        if source == "kafka":
            return self.kafka()
        if source == "kafka-min":
            return self.kafka(minOffsetsPerTrigger="40", maxTriggerDelay="10s")
        if source == "kafka-max":
            return self.kafka(maxOffsetsPerTrigger="1000")  # above the traffic: one that is behind need not be asked
        if source == "rate":
            return self.rate()
        if source == "rate-micro-batch":
            return self.spark.readStream.format("rate-micro-batch").option("rowsPerBatch", 10).load()
        if source == "file":
            return self.spark.readStream.text(str(self.files))
        if source == "mixed":
            as_text = "CAST(value AS STRING) AS value"
            return self.kafka().selectExpr(as_text).union(self.rate().selectExpr(as_text))
        raise SystemExit(f"kinds: no source {source}")

    def real_time(self, writer):
        """Writes to Kafka in update mode: few sinks can do it. Python knows this trigger later than Spark does."""
        writer = (writer.format("kafka").option("kafka.bootstrap.servers", self.options.broker)
                  .option("topic", self.options.output_topic).outputMode("update"))
        trigger = getattr(self.spark.sparkContext._jvm, "org.apache.spark.sql.streaming.Trigger")
        writer._jwrite.trigger(trigger.RealTime("5 seconds"))
        return writer

    def with_trigger(self, writer, trigger):
        if trigger == "processing-time":
            return writer.trigger(processingTime=TRIGGER)
        if trigger == "once":
            return writer.trigger(once=True)
        if trigger == "available-now":
            return writer.trigger(availableNow=True)
        if trigger == "continuous":
            return writer.trigger(continuous="1 second")
        if trigger == "real-time":
            return self.real_time(writer)
        if trigger == "default":
            return writer
        raise SystemExit(f"kinds: no trigger {trigger}")

    def checkpoint(self, kind):
        return self.options.directory / f"checkpoint-{kind.replace('/', '-')}"

    def start(self, kind):
        """None where this Spark does not offer that, which is then in the results."""
        source, trigger = kind.split("/")
        try:
            rows = self.rows_of(source)
            if trigger == "real-time":
                rows = rows.selectExpr("value")
            writer = (rows.writeStream.format("noop").queryName(kind)
                      .option("checkpointLocation", str(self.checkpoint(kind))))
            return self.with_trigger(writer, trigger).start()
        except Exception as error:  # pylint: disable=broad-except  # Spark's, py4j's and Python's own
            self.results[kind] = {"error": first_line(error)}
            return None

    def batches(self, kind):
        """Committed ones, epochs of a continuous query too."""
        commits = self.checkpoint(kind) / "commits"
        return sum(entry.name.isdigit() for entry in commits.iterdir()) if commits.is_dir() else 0

    def finish(self, kind, query, in_time):
        error = query.exception()
        self.results[kind] = {
            "rows": sum(progress["numInputRows"] for progress in query.recentProgress),
            "batches": self.batches(kind),
            "error": first_line(error) if error else None if in_time else f"no end of it within {PATIENCE_S} s",
        }

    def is_done(self, kind, query):
        wanted = BATCHES.get(kind.split("/")[1])
        if kind.endswith(("/continuous", "/real-time")) and query.isActive:
            return self.batches(kind) >= 3
        if wanted and query.isActive:
            return sum(progress["numInputRows"] > 0 for progress in query.recentProgress) >= wanted
        return not query.isActive

    def side_by_side(self, kinds):
        queries = {kind: self.start(kind) for kind in kinds}
        waiting = {kind: query for kind, query in queries.items() if query}
        end = time.monotonic() + PATIENCE_S
        while waiting and time.monotonic() < end:
            if os.getppid() != JVM:
                raise SystemExit("kinds: the driver's JVM is gone")
            for kind, query in list(waiting.items()):
                if self.is_done(kind, query):
                    del waiting[kind]
            time.sleep(0.2)
        for kind, query in queries.items():
            if query:
                query.stop()
                self.finish(kind, query, kind not in waiting)

    def run(self):
        feeder = Feeder(self.files)
        feeder.start()
        kinds = self.options.kinds.split(",")
        for trigger in dict.fromkeys(kind.split("/")[1] for kind in kinds):
            self.side_by_side([kind for kind in kinds if kind.endswith(f"/{trigger}")])
        feeder.over.set()
        java = self.spark.sparkContext._jvm.java.lang.System.getProperty("java.version")
        leave(self.options.directory, "results", {"spark": self.spark.version, "java": java, "kinds": self.results})
        self.spark.stop()


def first_line(error):
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__


if __name__ == "__main__":
    Kinds(arguments()).run()

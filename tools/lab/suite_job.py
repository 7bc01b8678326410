"""The job of the benchmark: one query from Kafka to a sink. All arms run this job; only its flags and the agent differ.

As in two_queries.py a warm-up query of the same kind runs first on a topic of its own; then the measured query starts on a
topic that is still empty. The job leaves `ready`, watches for `stop`, which says how many events there are, waits until all
of them are taken, and writes measured.progress.
"""

import argparse
import contextlib
import functools
import json
import pathlib
import sys
import time

from job import jvm_facts, kafka_events, leave, session, wait
from upsert import Upsert

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "baselines"))
from reactive_baseline import ReactiveQuery  # noqa: E402

NAME = "measured"
HASHES = 1000  # of each row of the job `heavy`, each of the one before: some 0.15 ms of work
PATIENCE_S = 150  # for the next batch of the last events: after an overload one may take long, and there are many


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--broker", required=True)
    parser.add_argument("--topic", required=True)
    parser.add_argument("--warmup-topic", required=True)
    parser.add_argument("--warmup-batches", type=int, default=30)
    parser.add_argument("--job", choices=["map", "window", "files", "kafka", "postgres", "heavy"], default="map")
    parser.add_argument("--output-topic", help="of the job kafka")
    parser.add_argument("--postgres", help="of the job postgres: the folder of the server's socket")
    parser.add_argument("--table", help="of the job postgres: name of the table that is made")
    parser.add_argument("--trigger", help="Spark's text, as in '2 seconds'; without: the default trigger")
    parser.add_argument("--reactive", help="the other trigger of the reactive arm")
    parser.add_argument("--min-offsets", type=int)
    parser.add_argument("--max-delay")
    parser.add_argument("--directory", type=pathlib.Path, required=True)
    return parser.parse_args()


def rows_of(job, events):
    from pyspark.sql import functions as column
    if job == "window":
        # Event time is the time stamp of Kafka. The lateness allowed is more than any arm lets events wait.
        return (events.withWatermark("timestamp", "60 seconds")
                .groupBy(column.window("timestamp", "10 seconds"), (column.col("offset") % 100).alias("group"))
                .count())
    if job == "postgres":
        return events
    rows = events.selectExpr("CAST(key AS STRING) AS key", "CAST(value AS STRING) AS value")
    if job == "heavy":
        return rows.withColumn("value", column.expr(
            f"aggregate(sequence(1, {HASHES}), value, (hash, step) -> sha2(CAST(hash AS BINARY), 256))"))
    return rows.select("value") if job == "files" else rows


def writer_of(options, rows, name):
    writer = rows.writeStream.queryName(name).option("checkpointLocation", str(options.directory / f"checkpoint-{name}"))
    if options.job == "window":
        return writer.format("noop").outputMode("update")
    if options.job == "files":
        return writer.format("text").option("path", str(options.directory / f"files-{name}"))
    if options.job == "kafka":
        return (writer.format("kafka").option("kafka.bootstrap.servers", options.broker)
                .option("topic", options.output_topic))
    if options.job == "postgres":
        return writer.foreachBatch(
            upsert_into(options.postgres, options.table if name == NAME else f"{options.table}_{name}"))
    return writer.format("noop")


@functools.lru_cache(maxsize=None)
def upsert_into(socket_folder, table):
    """One for each query, also when that is started again with another trigger."""
    return Upsert(socket_folder, table)


def start(spark, options, name, topic, trigger, source=()):
    rows = rows_of(options.job, kafka_events(spark, options.broker, topic, **dict(source)))
    writer = writer_of(options, rows, name)
    return (writer.trigger(processingTime=trigger) if trigger else writer).start()


def rows_taken(reports):
    return sum(json.loads(report)["numInputRows"] for report in reports)


def warm_up(spark, options):
    query = start(spark, options, "warmup", options.warmup_topic, "100 milliseconds")

    def warm():
        with_rows = sum(1 for progress in query.recentProgress if progress["numInputRows"] > 0)
        return with_rows >= options.warmup_batches or query.exception()

    wait(warm, "the warm-up", 300)
    query.stop()
    if query.exception():
        raise SystemExit(f"the warm-up failed: {query.exception()}")


class Requests:
    """To Kafka, by the clients in this JVM: the driver asking for offsets, and the tasks, which fetch. Their own metrics count
    them. A client that is closed takes its count along: what was seen of it is kept."""

    CLIENTS = ("kafka.consumer:type=consumer-metrics,*", "kafka.admin.client:type=admin-client-metrics,*",
               "kafka.producer:type=producer-metrics,*")

    def __init__(self, spark):
        jvm = spark.sparkContext._jvm
        self.object, self.new_array = jvm.java.lang.Object, spark.sparkContext._gateway.new_array
        self.server = jvm.java.lang.management.ManagementFactory.getPlatformMBeanServer()
        # By its interface: its class is of a package that Java keeps to itself, where py4j finds no methods.
        interface = jvm.java.lang.Class.forName("javax.management.MBeanServer")
        self.methods = {method.getName(): method for method in interface.getMethods()}
        self.patterns = [jvm.javax.management.ObjectName(pattern) for pattern in self.CLIENTS]
        self.seen = {}
        self.before = None

    def ask(self, method, *arguments):
        array = self.new_array(self.object, len(arguments))
        for i, argument in enumerate(arguments):
            array[i] = argument
        return self.methods[method].invoke(self.server, array)

    def look(self):
        from py4j.protocol import Py4JJavaError
        for pattern in self.patterns:
            for name in self.ask("queryNames", pattern, None):
                with contextlib.suppress(Py4JJavaError):  # it has just been closed
                    self.seen[name.getCanonicalName()] = int(self.ask("getAttribute", name, "request-total"))
        return sum(self.seen.values())

    def begin(self):
        self.before = self.look()

    def since(self):
        return self.look() - self.before if self.before is not None else None


class Measured:
    """The measured query, of whichever arm."""

    def __init__(self, spark, options):
        source = {}
        if options.min_offsets:
            source = {"minOffsetsPerTrigger": str(options.min_offsets), "maxTriggerDelay": options.max_delay}

        def begin(trigger):
            return start(spark, options, NAME, options.topic, trigger, source)

        self.reactive = ReactiveQuery(begin, options.trigger, options.reactive) if options.reactive else None
        self.plain = None if self.reactive else begin(options.trigger)

    def query(self):
        return self.reactive.query if self.reactive else self.plain

    def step(self):
        if self.reactive:
            self.reactive.step()
        if not self.query().isActive:
            raise SystemExit(f"the query ended early: {self.query().exception()}")

    def reports(self):
        if self.reactive:
            return self.reactive.progress()
        return [progress.json() for progress in self.plain._jsq.recentProgress()]


def expected(path):
    return json.loads(path.read_text(encoding="utf-8"))["events"]


def take_the_last(measured, events):
    """Until all are taken, or no batch has ended for long."""
    taken, end_s = 0, time.monotonic() + PATIENCE_S
    while taken < events and time.monotonic() < end_s:
        time.sleep(0.2)
        measured.step()
        before, taken = taken, rows_taken(measured.reports())
        if taken > before:
            end_s = time.monotonic() + PATIENCE_S


def main():
    options = arguments()
    spark = session("adaptivestream-benchmark")
    leave(options.directory, "up", jvm_facts(spark))
    if options.warmup_batches > 0:
        warm_up(spark, options)
    measured = Measured(spark, options)
    wait(lambda: measured.query().lastProgress or not measured.query().isActive, "the first progress", 120)
    leave(options.directory, "ready", jvm_facts(spark))
    # Looking costs the JVM something: only the reactive arm, which lives by it, looks often.
    every_s = 0.05 if options.reactive else 1
    requests = Requests(spark)
    looked_s = time.monotonic()
    while not (options.directory / "stop").exists():
        time.sleep(every_s)
        measured.step()
        if requests.before is None and (options.directory / "begun").exists():
            requests.begin()
        if options.reactive and time.monotonic() > looked_s + 1:  # a restart closes its clients
            requests.look()
            looked_s = time.monotonic()
    leave(options.directory, "requests", requests.since())
    # Not processAllAvailable(): where the source holds events back for their number, it returns without them.
    take_the_last(measured, expected(options.directory / "stop"))
    measured.query().stop()
    with open(options.directory / f"{NAME}.progress", "w", encoding="utf-8") as file:
        for report in measured.reports():
            file.write(report.replace("\n", " ") + "\n")
    if measured.reactive:
        leave(options.directory, "changes", measured.reactive.changes)
    spark.stop()


if __name__ == "__main__":
    main()

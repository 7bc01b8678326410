"""One driver, many queries, for the tests of test_governing.py: what they did lands in files of --directory.

Three queries read live traffic (two of them governed), then each other kind of query has its turn, and at last a query is
left in its wait for the test to kill the driver.
"""

import argparse
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools" / "lab"))
from job import dump_progress, jvm_facts, kafka_events, leave, session, wait  # noqa: E402

PARKED = ("parked-1", "parked-2", "parked-3")
LIVE = {"alpha": "4 seconds", "beta": "2 seconds", "other": "4 seconds"}
# The connector's offset calls queue behind its long polls, half a second each by default: short ones keep batches short.
SOURCE = {"kafka.fetch.max.wait.ms": "20"}
WARMUP_ROUNDS = 4


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--broker", required=True)
    parser.add_argument("--topic", required=True)
    parser.add_argument("--counted-topic", required=True, help="written out beside the live one")
    parser.add_argument("--journal", type=pathlib.Path, required=True, help="the agent's")
    parser.add_argument("--directory", type=pathlib.Path, required=True)
    return parser.parse_args()


class Scenarios:
    def __init__(self, options):
        self.options = options
        self.spark = session("scenarios")
        self.results = {}

    def start(self, name, trigger, events=None, **source):
        if events is None:
            topic = source.pop("topic", self.options.topic)
            events = kafka_events(self.spark, self.options.broker, topic, **SOURCE, **source)
        return (events.writeStream.format("noop").queryName(name).trigger(**trigger)
                .option("checkpointLocation", str(self.options.directory / f"checkpoint-{name}")).start())

    def finish(self, name, query):
        dump_progress(query, self.options.directory / f"{name}.progress")
        self.results[name] = {"rows": sum(progress["numInputRows"] for progress in query.recentProgress),
                              "batches": sum(progress["numInputRows"] > 0 for progress in query.recentProgress),
                              "error": query.exception() and str(query.exception())}

    def warm_up(self):
        """The first batches of a JVM take seconds, and nothing could be fired early meanwhile."""
        for round_number in range(WARMUP_ROUNDS):
            query = self.start(f"warmup-{round_number}", {"availableNow": True}, topic=self.options.counted_topic,
                               maxOffsetsPerTrigger="200")
            query.awaitTermination(60)

    def live(self):
        queries = {name: self.start(name, {"processingTime": trigger}) for name, trigger in LIVE.items()}
        wait(lambda: all(query.lastProgress for query in queries.values()), "the first progress", 120)
        leave(self.options.directory, "ready", jvm_facts(self.spark))
        wait((self.options.directory / "traffic-over").exists, "the traffic", 400)
        for query in queries.values():
            query.processAllAvailable()
        for name, query in queries.items():
            query.stop()
            self.finish(name, query)

    def parked(self, name):
        """A query in its governed wait: the agent has said so, and the next grid point is most of an hour away."""
        query = self.start(name, {"processingTime": "1 hour"})
        wait(lambda: f'"query":"{name}"' in self.options.journal.read_text(encoding="utf-8"), name, 60)
        return query

    def stop_while_waiting(self):
        for name in PARKED:
            query = self.parked(name)
            begin = time.monotonic()
            query.stop()
            took_ms = (time.monotonic() - begin) * 1000
            self.finish(name, query)
            self.results[name]["stop_ms"] = took_ms

    def other_triggers(self):
        query = self.start("asap", {"processingTime": "0 seconds"}, maxOffsetsPerTrigger="2000")
        query.processAllAvailable()
        query.stop()
        self.finish("asap", query)
        for name, trigger in (("now", {"availableNow": True}), ("once", {"once": True})):
            query = self.start(name, trigger)
            self.results[f"{name}_ended"] = query.awaitTermination(60)
            self.finish(name, query)

    def planned(self, name):
        """Whether the agent has planned an interval for the query. Reads the journal whole: it is small."""
        return any(f'"query":"{name}"' in line and '"reason":"plan"' in line
                   for line in self.options.journal.read_text(encoding="utf-8").splitlines())

    def end(self, name, query):
        query.stop()
        self.finish(name, query)

    def rate_source(self):
        rows = self.spark.readStream.format("rate").option("rowsPerSecond", 20).load()
        query = self.start("rate", {"processingTime": "1 second"}, rows)
        wait(lambda: self.planned("rate"), "a planned interval of the rate source", 90)
        self.end("rate", query)

    def kafka_beside_rate(self):
        """One source can be asked, the other cannot."""
        rows = self.spark.readStream.format("rate").option("rowsPerSecond", 20).load().selectExpr("value")
        events = kafka_events(self.spark, self.options.broker, self.options.topic, **SOURCE).selectExpr("offset AS value")
        query = self.start("mixed", {"processingTime": "1 second"}, rows.union(events))
        wait(lambda: self.planned("mixed"), "a planned interval of two sources", 90)
        self.end("mixed", query)

    def file_source(self):
        """Files that come all the time: without a limit per trigger, and with one."""
        folder = self.options.directory / "incoming"
        folder.mkdir()
        queries = {}
        for name, limit in (("files", {}), ("files-limited", {"maxFilesPerTrigger": "1"})):
            lines = self.spark.readStream.format("text").options(**limit).load(str(folder))
            queries[name] = self.start(name, {"processingTime": "1 second"}, lines)
        written = 0

        def one_more():
            nonlocal written
            (folder / f".{written}").write_text("a line\n", encoding="utf-8")
            (folder / f".{written}").rename(folder / f"{written}.txt")  # Spark passes over hidden files
            written += 1
            time.sleep(0.5)
            return self.planned("files") and written >= 10

        wait(one_more, "a planned interval of the file source", 90)
        for name, query in queries.items():
            query.processAllAvailable()
            self.end(name, query)
        self.results["written"] = written

    def write_topic(self, topic, name):
        """partition,offset,time stamp in ms of every event, as Spark's own batch source reads them."""
        events = (self.spark.read.format("kafka").option("kafka.bootstrap.servers", self.options.broker)
                  .option("subscribe", topic).load())
        rows = events.selectExpr("partition", "offset", "unix_millis(timestamp)").collect()
        with open(self.options.directory / name, "w", encoding="utf-8") as file:
            file.writelines(f"{row[0]},{row[1]},{row[2]}\n" for row in rows)

    def run(self):
        self.warm_up()
        self.live()
        self.stop_while_waiting()
        self.other_triggers()
        self.rate_source()
        self.kafka_beside_rate()
        self.file_source()
        self.write_topic(self.options.topic, "live.csv")
        self.write_topic(self.options.counted_topic, "counted.csv")
        print("scenarios: done", flush=True)
        query = self.parked("last")
        leave(self.options.directory, "results", self.results)
        while query.isActive:  # fails as soon as the JVM is gone
            time.sleep(0.2)


if __name__ == "__main__":
    Scenarios(arguments()).run()

"""One query that is stopped and goes on from its checkpoint, told by files of --directory: `stop-it`, `go-on`, `over`."""

import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools" / "lab"))
from job import jvm_facts, kafka_events, leave, session, wait  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--broker", required=True)
    parser.add_argument("--topic", required=True)
    parser.add_argument("--directory", type=pathlib.Path, required=True)
    return parser.parse_args()


def start(spark, options):
    # New partitions are to be seen soon: by default the consumer looks every five minutes.
    source = {"kafka.fetch.max.wait.ms": "20", "kafka.metadata.max.age.ms": "500"}
    return (kafka_events(spark, options.broker, options.topic, **source).writeStream.format("noop").queryName("lives")
            .trigger(processingTime="2 seconds")
            .option("checkpointLocation", str(options.directory / "checkpoint")).start())


def told(options, name):
    wait((options.directory / name).exists, f"the file {name}", 300)


def rows(query):
    return sum(progress["numInputRows"] for progress in query.recentProgress)


def main():
    options = arguments()
    spark = session("restarts")
    query = start(spark, options)
    wait(lambda: query.lastProgress, "the first progress", 120)
    leave(options.directory, "ready", jvm_facts(spark))
    told(options, "stop-it")
    query.processAllAvailable()
    query.stop()
    taken = rows(query)
    leave(options.directory, "stopped", {"rows": taken})
    told(options, "go-on")
    query = start(spark, options)
    wait(lambda: rows(query) > 0, "the first batch after the restart", 120)
    leave(options.directory, "going", {})
    told(options, "over")
    query.processAllAvailable()
    query.stop()
    leave(options.directory, "results", {"rows": taken + rows(query), "error": query.exception() and str(query.exception())})
    spark.stop()


if __name__ == "__main__":
    main()

"""One driver, two identical queries on one topic: `governed` (for the agent's `queries=governed`) and `fixed`. On several
topics they are `governed-1` and `fixed-1` on the first, and so on.

First a warm-up query runs on a topic of its own until its batches are quick (the first ones of a JVM take seconds); then
both start on a topic that is still empty, so that both see every event. The job leaves `ready`, watches for `stop`, and
then writes governed.progress and fixed.progress. With its JVM, which ends when the caller does, the job ends too: it talks
to the queries all the time.
"""

import argparse
import pathlib
import time

from job import dump_progress, jvm_facts, kafka_events, leave, session, wait


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--broker", required=True)
    parser.add_argument("--topic", required=True, help="or several, separated by commas")
    parser.add_argument("--warmup-topic", required=True)
    parser.add_argument("--warmup-batches", type=int, default=30)
    parser.add_argument("--trigger", default="2 seconds")
    parser.add_argument("--directory", type=pathlib.Path, required=True)
    parser.add_argument("--names", default="governed,fixed", help="which queries to run")
    parser.add_argument("--live", action="store_true", help="leave batch counts in `live` every second")
    parser.add_argument("--lifetime", type=float, default=3600, help="ends by itself after so many seconds")
    return parser.parse_args()


def start(spark, options, name, topic, trigger):
    events = kafka_events(spark, options.broker, topic).selectExpr("CAST(value AS STRING) AS value")
    return (events.writeStream.format("noop").queryName(name).trigger(processingTime=trigger)
            .option("checkpointLocation", str(options.directory / f"checkpoint-{name}")).start())


def batches_with_rows(query):
    return sum(1 for progress in query.recentProgress if progress["numInputRows"] > 0)


def warm_up(spark, options):
    query = start(spark, options, "warmup", options.warmup_topic, "100 milliseconds")
    wait(lambda: batches_with_rows(query) >= options.warmup_batches or query.exception(), "the warm-up", 180)
    query.stop()
    if query.exception():
        raise SystemExit(f"the warm-up failed: {query.exception()}")


def queries_on_topics(spark, options):
    topics = options.topic.split(",")
    for number, topic in enumerate(topics, 1):
        for name in options.names.split(","):
            name = f"{name}-{number}" if len(topics) > 1 else name
            yield name, start(spark, options, name, topic, options.trigger)


def counts(queries):
    """Batches so far. Spark numbers them from 0, and the first was the empty one on the still-empty topic."""
    return {name: (query.lastProgress or {}).get("batchId", 0) for name, query in queries.items()}


def main():
    options = arguments()
    spark = session("adaptivestream-lab")
    leave(options.directory, "up", jvm_facts(spark))
    if options.warmup_batches > 0:
        warm_up(spark, options)
    queries = dict(queries_on_topics(spark, options))
    wait(lambda: all(query.lastProgress for query in queries.values()), "the first progress", 120)
    leave(options.directory, "ready", {**jvm_facts(spark), "queries": list(queries)})
    end = time.monotonic() + options.lifetime
    while not (options.directory / "stop").exists() and time.monotonic() < end:
        time.sleep(1 if options.live else 0.2)
        if options.live:
            leave(options.directory, "live", counts(queries))
        for name, query in queries.items():
            if not query.isActive:
                raise SystemExit(f"query {name} ended early: {query.exception()}")
    for query in queries.values():
        query.processAllAvailable()  # the last events wait for their trigger as all others did
    for name, query in queries.items():
        query.stop()
        dump_progress(query, options.directory / f"{name}.progress")
    spark.stop()


if __name__ == "__main__":
    main()

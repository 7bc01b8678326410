"""A small job: reads a finished topic in a few triggers and leaves what it saw in `done`."""

import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools" / "lab"))
from job import kafka_events, leave, session  # noqa: E402


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--broker", required=True)
    parser.add_argument("--topic", required=True)
    parser.add_argument("--directory", required=True)
    options = parser.parse_args()
    spark = session("small")
    events = kafka_events(spark, options.broker, options.topic, maxOffsetsPerTrigger="200")
    query = (events.writeStream.format("noop").queryName("small").trigger(processingTime="1 second")
             .option("checkpointLocation", f"{options.directory}/checkpoint").start())
    query.processAllAvailable()
    query.stop()
    leave(options.directory, "done", {"rows": sum(progress["numInputRows"] for progress in query.recentProgress)})
    print("small: done")
    spark.stop()


if __name__ == "__main__":
    main()

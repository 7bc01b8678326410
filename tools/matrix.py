#!/usr/bin/env python3
"""Tries every kind of source and trigger on every Spark and JDK at hand, and says what the agent did with it.

    governed       its journal shows decisions, and the source was asked in between ("not asked": no answer was needed)
    progress-only  its journal shows decisions, from the query's own progress
    untouched      no decision: the job's own schedule

Each is read from the agent's journal and log, of queries that have really run. Prints a table, and writes all to
results.md. Call it by `make matrix`; ARGS="--spark 4.2.0 --jdk 25" for a part, whose rows replace those from before.
"""

import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from lab import journal, sparks  # noqa: E402
from lab.driver import JOBS, Driver  # noqa: E402
from lab.environment import LabError, agent, build_folder, command, machine  # noqa: E402
from lab.kafka import Kafka  # noqa: E402
from lab.processes import unwind_on_signals  # noqa: E402
from lab.records import agent_digest, take_folder  # noqa: E402
from lab.report import write_report  # noqa: E402
from lab.screen import Screen  # noqa: E402
from lab.traffic import Traffic  # noqa: E402

SOURCES = ("kafka", "kafka-min", "kafka-max", "mixed", "rate", "rate-micro-batch", "file")
TRIGGERS = ("processing-time", "default", "once", "available-now")
KINDS = [f"{source}/{trigger}" for trigger in TRIGGERS for source in SOURCES]
KINDS += ["kafka/continuous", "rate/continuous", "kafka/real-time"]
# A second driver with this option tries these again, where the agent has the option.
OPTION = "default_trigger=govern"
OPTED = [kind for kind in KINDS if kind.endswith("/default")] + ["kafka/real-time"]

TRAFFIC = "phases=50x3600"
CORES = 16  # task slots: so many that no query waits for another's tasks
DRIVER_S = 900
# Queries that need not have rows: the first trigger of these sources starts at their present, and there is no second.
ROWLESS = {"rate/once", "rate/available-now"}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spark", action="append", help="only this version (may be given again)")
    parser.add_argument("--jdk", type=int, action="append", help="only this major version (may be given again)")
    parser.add_argument("--kinds", help="only kinds that hold this text, as kafka/ or /default do")
    parser.add_argument("--output", type=pathlib.Path, help="folder for the records (default build/matrix)")
    options = parser.parse_args()
    options.output = (options.output or build_folder() / "matrix").resolve()
    return options


def has_option():
    return subprocess.run([command(), "options", OPTION], capture_output=True, check=False).returncode == 0


def said(log, kind):
    """What the agent's log says of the query, but for the summary at its end; times and ids are of no interest."""
    found = []
    for line in log.splitlines():
        match = re.match(rf"\[AdaptiveStream\] query {re.escape(kind)}(?: \(id [^)]*\))?: (.*)", line)
        if match and "warm-up is over" not in line and "budget is used up" not in line:
            found.append(match.group(1))
    return "; ".join(dict.fromkeys(found))


def done_to(path, kind):
    decisions = journal.read(path, kind, "decision")
    if not decisions:
        return "untouched"
    if any(line.get("rows_only") for line in journal.read(path, kind, "start")):
        return "progress-only"
    return "governed" if any("total" in line for line in decisions) else "governed, not asked"


def ran(kind, result):
    if result["error"] is not None:
        return False
    # The progress of a continuous or real-time query counts no rows before the end of its long tasks.
    return result["rows"] > 0 or kind in ROWLESS or (result["batches"] > 0 and not kind.endswith(TRIGGERS))


def try_kinds(kafka, name, kinds, options, folder):
    """The driver's facts, and of each kind what it did and what was done to it and said of it."""
    topic, output_topic = kafka.topic(f"in-{name}", 2), kafka.topic(f"out-{name}", 1)
    arguments_ = ["--broker", kafka.broker, "--topic", topic, "--output-topic", output_topic, "--kinds", ",".join(kinds)]
    path = folder / "journal.jsonl"
    with Traffic(kafka.broker, topic, TRAFFIC, folder), \
            Driver(JOBS / "kinds.py", arguments_, folder, f"{options},journal={path}", cores=CORES) as driver:
        report = driver.wait_file("results", DRIVER_S)
        driver.wait(60)
        log = driver.log()
    for kind, result in report["kinds"].items():
        result.update(did=done_to(path, kind), said=said(log, kind))
        result["ran"] = ran(kind, result)
    return report


def try_spark(kafka, spark, jdk, kinds, folder, say):
    """The records of one Spark on one JDK, kept in its folder."""
    sparks.use(spark.version, jdk)
    folder.mkdir(parents=True, exist_ok=True)
    passes = {"": (kinds, "warmup=2s")}
    opted = [kind for kind in kinds if kind in OPTED]
    if opted and has_option():
        passes[f", {OPTION}"] = (opted, f"warmup=2s,{OPTION}")
    record = {"version": spark.version, "jdk": jdk, "agent": agent_digest(), **machine(), "kinds": kept_kinds(folder)}
    for number, (suffix, (chosen, options)) in enumerate(passes.items()):
        part = folder / f"pass-{number}"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        say(f"Spark {spark.version} on JDK {jdk}: {len(chosen)} queries{suffix}")
        report = try_kinds(kafka, f"{spark.version}-{jdk}-{number}", chosen, options, part)
        record.update(spark=report["spark"], java=report["java"])
        record["kinds"].update({kind + suffix: result for kind, result in report["kinds"].items()})
    (folder / "record.json").write_text(json.dumps(record, indent=1), encoding="utf-8")
    return record


def kept_kinds(folder):
    """What an earlier call has tried with the same agent."""
    try:
        record = json.loads((folder / "record.json").read_text(encoding="utf-8"))
        return record["kinds"] if record["agent"] == agent_digest() else {}
    except (OSError, ValueError):
        return {}


def records_in(output):
    """Of all Sparks tried with this agent, by version and JDK."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in output.glob("*/record.json")]
    order = {spark.version: number for number, spark in enumerate(sparks.known())}
    return sorted((record for record in found if record["agent"] == agent_digest()),
                  key=lambda record: (order.get(record["version"], -1), record["jdk"]))


def cell(record, kind):
    result = record["kinds"].get(kind)
    if result is None:
        return "-"
    return result["did"] if result["ran"] else "not run"


def overview(records):
    """A row a kind, a column a Spark and JDK."""
    kinds = list(dict.fromkeys(kind for record in records for kind in record["kinds"]))
    heads = [f"{record['version']}, {record['jdk']}" for record in records]
    lines = ["| source | trigger | " + " | ".join(heads) + " |", "|---|---|" + "---|" * len(heads)]
    for kind in kinds:
        source, trigger = kind.split("/")
        cells = " | ".join(cell(record, kind) for record in records)
        lines.append(f"| {source} | {trigger} | {cells} |")
    return lines


def details(records):
    lines = ["| Spark | JDK | source | trigger | result | rows | batches | what the log said |",
             "|---|---|---|---|---|---|---|---|"]
    for record in records:
        for kind, result in record["kinds"].items():
            source, trigger = kind.split("/")
            text = result["said"] or "nothing"
            if not result["ran"]:
                text = f"the query: {result['error'] or 'no rows'}"
            lines.append(f"| {record['spark']} | {record['java']} | {source} | {trigger} | {cell(record, kind)} | "
                         f"{result.get('rows', '-')} | {result.get('batches', '-')} | {text.replace('|', '/')} |")
    return lines


def report(records, missing):
    lines = ["# Spark, JDK, source and trigger, each tried", "",
             "`governed`: decisions with the source asked in between; `progress-only`: decisions from the query's progress;",
             "`untouched`: the job's own schedule; `not run`: that Spark refused or did not finish the query.", "",
             *overview(records), ""]
    lines += [f"- {text}" for text in missing] + ([""] if missing else [])
    return "\n".join([*lines, *details(records), ""])


def chosen_sparks(options):
    """(spark, jdk) that are set up, and in words the others."""
    there, missing = [], []
    for spark in sparks.known():
        for jdk in spark.jdks():
            if (options.spark and spark.version not in options.spark) or (options.jdk and jdk not in options.jdk):
                continue
            try:
                sparks.settings(spark.version, jdk)
                there.append((spark, jdk))
            except LabError as error:
                missing.append(f"Spark {spark.version} on JDK {jdk} was not tried: {error}")
    return there, missing


def run(options, screen):
    agent()  # says what to do when it is not built
    there, missing = chosen_sparks(options)
    if not there:
        raise LabError("no Spark to try. " + " ".join(missing))
    kinds = [kind for kind in KINDS if not options.kinds or options.kinds in kind]
    take_folder(options.output)
    shutil.rmtree(options.output / "kafka", ignore_errors=True)
    with Kafka(options.output / "kafka") as kafka:
        for spark, jdk in there:
            try:
                try_spark(kafka, spark, jdk, kinds, options.output / f"{spark.version}-jdk{jdk}", screen.say)
            except LabError as error:
                missing.append(f"Spark {spark.version} on JDK {jdk} failed: {error}")
                screen.say(missing[-1])
    shutil.rmtree(options.output / "kafka", ignore_errors=True)
    text = report(records_in(options.output), missing)
    write_report(options.output / "results.md", text)
    print(text)
    screen.say(f"all of it: {options.output / 'results.md'}")


def main():
    options = arguments()
    unwind_on_signals()
    try:
        run(options, Screen())
    except (LabError, OSError) as error:
        sys.exit(f"\nmatrix: {error}")
    except KeyboardInterrupt:
        sys.exit("\nmatrix: stopped; nothing is left running")


if __name__ == "__main__":
    main()

"""One step of the benchmark: its arms in a driver each, at the same time on the same topic, and what the records say."""

import contextlib
import csv
import dataclasses
import functools
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import time

from lab import journal
from lab.driver import JOBS, Driver
from lab.environment import ROOT, LabError, build_folder, command
from lab.processes import CompilerTime, cpu_seconds
from lab.postgres import Postgres
from lab.records import agent_digest
from lab.run import PARTITIONS, TRACES, WARMUP_RATE
from lab.simulation import counts_of_shape, simulate
from lab.traffic import Traffic, repeat
from lab.usage import Share, descendants, peak_resident_mb

COLUMNS = [
    "id", "job", "workload", "arm", "repetition", "attempt", "status", "reason", "began_ms", "window_s", "beside",
    "events", "missing", "repeated", "batches", "batch_mean_s", "busy_s",
    "wait_mean_s", "wait_p50_s", "wait_p95_s", "wait_p99_s", "wait_max_s",
    "latency_mean_s", "latency_p50_s", "latency_p95_s", "latency_p99_s", "latency_max_s",
    "cpu_s", "compiler_s", "python_s", "predictor_s", "resident_mb", "predictor_mb", "files", "others", "seconds", "seconds_missed",
    "min_offsets", "max_delay_s", "folder", "digest", "requests", "empty_triggers"]
STOP_S = 1800  # the job gives up by itself when nothing moves
COLLECT_S = 300
KEPT_IN_KAFKA = "retention.ms=7200000"  # of a topic, after which its records may be gone
SETUP_S = 50  # start, warm-up and end of a driver, roughly: only for the time left


@functools.lru_cache(maxsize=None)
def predictor_digest():
    """Of the program that the agent finds beside itself, with the model built into it; None where it was not built."""
    program = build_folder() / "adaptivestream-predictor"
    return hashlib.sha256(program.read_bytes()).hexdigest() if program.exists() else None


@dataclasses.dataclass
class Step:
    """Of the plan: the arms that run at the same time. `plan` is the JSON of `adaptivestream benchmark plan`."""

    plan: dict
    job: str
    workload: str
    repetition: int
    seed: int
    arms: list

    def id_of(self, arm):
        return f"{self.job}-{self.workload}-{arm}-{self.repetition}"

    def traffic(self):
        return self.plan["workloads"][self.workload]

    def seconds(self):
        return self.traffic()["seconds"]

    def digest_of(self, arm):
        """Of all that a run's figures are made with: one with another digest is not the same run."""
        definition = self.plan["arms"][arm]
        made = [self.job, self.traffic(), definition, self.seed, self.plan["warmup_batches"],
                [agent_digest(), predictor_digest()] if definition["agent"] is not None else None]
        if definition["tuned_offsets"]:
            made.append(self.plan["arms"][self.plan["reference"]]["trigger_s"])
        return hashlib.sha256(json.dumps(made, sort_keys=True).encode()).hexdigest()[:16]


def attempts_at(rows, step, arm):
    """Of the rows of runs.csv those of this run, as it is made today."""
    digest = step.digest_of(arm)
    return [row for row in rows if row["id"] == step.id_of(arm) and row["digest"] == digest]


def trace_flags(workload):
    trace = workload["trace"]
    path = TRACES / f"{trace}.csv.gz" if "/" not in trace and not trace.endswith((".csv", ".gz")) else trace
    return ["--trace", path, "--bin", workload["bin_s"], "--speed", workload["speed"], "--scale", workload["scale"]]


def generator_flags(workload):
    if workload["trace"]:
        return [*trace_flags(workload), "--duration", workload["seconds"]]
    shape = workload["shape"]
    if shape.startswith("phases="):
        shape = repeat(shape[len("phases="):], workload["repeat"])
        return ["--shape", shape, "--duration", workload["seconds"]]
    return ["--shape", shape, "--baseline", workload["baseline_per_s"], "--duration", workload["seconds"]]


def simulated(workload, seed, flags):
    """The report of `simulate` on the arrivals of a workload."""
    if workload["trace"]:
        return simulate([*trace_flags(workload), "--seed", seed, "--limit", f"{workload['seconds']}s", *flags])
    dry = subprocess.run([str(part) for part in (command(), "generate", "--dry-run", "--seed", seed,
                                                 *generator_flags(workload))],
                         capture_output=True, text=True, check=False)
    if dry.returncode != 0:
        raise LabError(f"generate --dry-run failed ({dry.returncode}): {dry.stderr.strip()}")
    counts = "".join(line.split(",")[1] + "\n" for line in dry.stdout.splitlines())
    return simulate(["--trace", "-", "--seed", seed, *flags], counts)


def offsets_of(step, arm):
    """(minOffsetsPerTrigger, maxTriggerDelay in seconds) of an arm, or Nones."""
    definition = step.plan["arms"][arm]
    if not definition["tuned_offsets"]:
        return definition["min_offsets"], definition["max_delay_s"]
    reference_s = step.plan["arms"][step.plan["reference"]]["trigger_s"]
    report = simulated(step.traffic(), step.seed, ["--trigger", f"{reference_s}s", "--policy", "fixed,min-offsets"])
    tuned = report["policies"]["min-offsets"]["tuned"]
    return int(tuned["minOffsetsPerTrigger"]), tuned["maxTriggerDelay_s"]


def spark_duration(seconds):
    return f"{round(seconds * 1000)} milliseconds"


class Arm:
    """One driver of a step, from its start to its row."""

    failure = None

    def __init__(self, kafka, step, name, folder, tag, warmup_topic, postgres):
        self.kafka, self.step, self.name, self.folder = kafka, step, name, folder
        definition = step.plan["arms"][name]
        self.min_offsets, self.max_delay_s = offsets_of(step, name)
        arguments = ["--broker", kafka.broker, "--topic", f"events-{tag}", "--warmup-topic", warmup_topic,
                     "--warmup-batches", step.plan["warmup_batches"], "--job", step.job]
        if definition["trigger_s"]:
            arguments += ["--trigger", spark_duration(definition["trigger_s"])]
        if definition["reactive_s"]:
            arguments += ["--reactive", spark_duration(definition["reactive_s"])]
        if self.min_offsets:
            arguments += ["--min-offsets", self.min_offsets, "--max-delay", f"{round(self.max_delay_s * 1000)}ms"]
        if step.job == "kafka":
            arguments += ["--output-topic", kafka.topic(f"out-{tag}-{name}", PARTITIONS, KEPT_IN_KAFKA)]
        self.postgres = postgres
        self.table = "".join(letter if letter.isalnum() else "_" for letter in f"counts_{name}").lower()
        if postgres:
            arguments += ["--postgres", postgres.folder, "--table", self.table]
        options = None
        if definition["agent"] is not None:
            options = ",".join([part for part in (definition["agent"],) if part]
                               + ["queries=measured", f"journal={folder / 'journal.jsonl'}", "journal_size=0"])
        self.driver = Driver(JOBS / "suite_job.py", arguments, folder, options)

    def stands(self, ready):
        """The measured query waits for its first event."""
        self.pid, self.python = ready["jvm_pid"], ready["python_pid"]
        self.facts = {"spark": ready["spark"], "java": ready["java"]}
        self.compilers = CompilerTime(self.pid)

    def beside(self):
        """The pids of what runs below the JVM without being the job's Python: the predictor."""
        return descendants(self.pid) - {self.python} - descendants(self.python)

    def used(self):
        predictor_s = 0.0
        for pid in self.beside():
            with contextlib.suppress(OSError):
                predictor_s += cpu_seconds(pid)
        return [cpu_seconds(self.pid), self.compilers.seconds(), cpu_seconds(self.python), predictor_s]

    @contextlib.contextmanager
    def by_itself(self):
        """What fails inside is this arm's failure: the others of its step go on."""
        try:
            yield
        except (LabError, OSError, subprocess.TimeoutExpired) as error:
            self.failure = error

    def look(self):
        self.driver.check()
        self.compilers.seconds()

    def begin_window(self):
        self.begun = self.used()

    def end_window(self):
        keys = ("cpu_s", "compiler_s", "python_s", "predictor_s")
        row = {key: now - begun for key, now, begun in zip(keys, self.used(), self.begun)}
        predictor_mb = 0
        for pid in self.beside():
            with contextlib.suppress(OSError):
                predictor_mb = max(predictor_mb, peak_resident_mb(pid))
        return {**row, "resident_mb": peak_resident_mb(self.pid), "predictor_mb": predictor_mb}

    def files(self):
        """Data files that the file sink left; those of a batch that failed are not there."""
        output = self.folder / "files-measured"
        return sum(1 for _ in output.glob("part-*")) if output.exists() else 0

    def requests(self):
        """To Kafka during the traffic, as the job counted them."""
        found = json.loads((self.folder / "requests").read_text(encoding="utf-8"))
        return "" if found is None else found

    def empty_triggers(self, begin_ms, end_ms):
        """Spark does not report them; where there is an agent its journal does."""
        if self.step.plan["arms"][self.name]["agent"] is None:
            return ""
        return journal.empty_triggers(self.folder / "journal.jsonl", "measured", begin_ms, end_ms)

    def lost(self, events):
        """How many of the events the table does not have, or has too many; 0 for other sinks."""
        if not self.postgres:
            return 0
        return abs(events - self.postgres.number(f"SELECT sum(events) FROM {self.table}"))

    def collect(self, topic, start_ms):
        arguments = [command(), "benchmark", "collect", "--broker", self.kafka.broker, "--topic", topic, "--progress",
                     self.folder / "measured.progress", "--start", start_ms, "--output", self.folder]
        done = subprocess.run([str(argument) for argument in arguments], capture_output=True, text=True, check=False,
                              timeout=COLLECT_S)
        if done.returncode != 0:
            raise LabError(done.stderr.strip() or f"benchmark collect failed with {done.returncode}")
        return json.loads(done.stdout)

    def tidy(self):
        """The records stay; what the job needed to work does not."""
        for name in ("checkpoint-measured", "checkpoint-warmup", "files-measured", "files-warmup", "scratch"):
            shutil.rmtree(self.folder / name, ignore_errors=True)


def verdict(step, row):
    """(status, reason): `ok`, or why the run's figures do not count."""
    if row["missing"] or row["repeated"]:
        return "wrong", f"{row['missing']} events were taken by no batch and {row['repeated']} more than once"
    if row["seconds_missed"] > max(1, 0.02 * row["seconds"]):
        return "late", f"the generator missed its target in {row['seconds_missed']} of {row['seconds']} seconds"
    if row["others"] > step.plan["busy_others"]:
        return "disturbed", f"others took {row['others']:.0%} of the processors"
    return "ok", ""


def each(arms, action):
    """{name: result} of an action on every arm that has not failed, now included. When none is left, so has the step."""
    results = {}
    for arm in arms:
        if arm.failure is None:
            with arm.by_itself():
                results[arm.name] = action(arm)
    if not results:
        raise arms[0].failure
    return results


def stop(arm, events):
    part = arm.folder / "stop.part"  # whole or not there: the job reads it as soon as it is
    part.write_text(json.dumps({"events": events}), encoding="utf-8")
    part.rename(arm.folder / "stop")


def row_of(step, arm, attempt, topic, sent, lost, others, seen):
    figures = arm.collect(topic, sent["started_ms"])
    row = {"id": step.id_of(arm.name), "job": step.job, "workload": step.workload, "arm": arm.name,
           "repetition": step.repetition, "attempt": attempt, "began_ms": sent["started_ms"], "beside": len(step.arms) - 1,
           **figures, **seen, "files": arm.files(), "others": others, "seconds": sent["seconds"],
           "seconds_missed": sent["seconds_missed"], "min_offsets": arm.min_offsets or "",
           "max_delay_s": arm.max_delay_s or "", "folder": f"runs/{arm.folder.name}", "digest": step.digest_of(arm.name),
           "requests": arm.requests(),
           "empty_triggers": arm.empty_triggers(sent["started_ms"], sent["started_ms"] + 1000 * seen["window_s"])}
    row["missing"] += lost
    row["status"], row["reason"] = verdict(step, row)
    arm.tidy()
    return row


def run_step(kafka, kafka_pid, step, attempt, output, say=lambda text: None, every_second=lambda elapsed_s: None):
    """Runs the arms of the step and returns their rows, as dictionaries by COLUMNS, and the versions seen."""
    tag = f"{step.job}-{step.workload}-{step.repetition}-{attempt}-{step.arms[0]}"
    topic = kafka.topic(f"events-{tag}", PARTITIONS, KEPT_IN_KAFKA)
    warmup_topic = kafka.topic(f"warmup-{tag}", PARTITIONS, KEPT_IN_KAFKA)
    folders = {arm: output / "runs" / f"{step.id_of(arm)}-{attempt}" for arm in step.arms}
    for folder in folders.values():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    with contextlib.ExitStack() as stack:
        postgres = stack.enter_context(Postgres(folders[step.arms[0]])) if step.job == "postgres" else None
        arms = [Arm(kafka, step, name, folders[name], tag, warmup_topic, postgres) for name in step.arms]
        for arm in arms:
            stack.enter_context(arm.driver)
        for arm in arms:
            arm.driver.wait_file("up", 180)
        with Traffic(kafka.broker, warmup_topic, f"phases={WARMUP_RATE}x900", folders[step.arms[0]]):
            for arm in arms:
                arm.stands(arm.driver.wait_file("ready", 400))
        say("traffic begins")
        began_s, share = time.monotonic(), Share([kafka_pid], time.monotonic)
        each(arms, Arm.begin_window)
        with Traffic(kafka.broker, topic, generator_flags(step.traffic()), folders[step.arms[0]], step.seed) as traffic:
            each(arms, lambda arm: (arm.folder / "begun").touch())
            while traffic.wait(1) is None:
                every_second(time.monotonic() - began_s)
                share.look()
                each(arms, Arm.look)
            windows = each(arms, Arm.end_window)
            window_s, others = time.monotonic() - began_s, share.others()
            sent = traffic.report()
        each(arms, lambda arm: stop(arm, sent["delivered"]))
        each(arms, lambda arm: arm.driver.stop(STOP_S))
        lost = each(arms, lambda arm: arm.lost(sent["delivered"]))
    rows = each(arms, lambda arm: row_of(step, arm, attempt, topic, sent, lost[arm.name], others,
                                         {"window_s": window_s, **windows[arm.name]}))
    return [rows.get(arm.name) or failed_row(step, arm.name, attempt, arm.failure) for arm in arms], arms[0].facts


def failed_row(step, arm, attempt, reason):
    """Of a run that did not come to its end: it says so and has no figures."""
    return {**{key: 0 for key in COLUMNS}, "id": step.id_of(arm), "job": step.job, "workload": step.workload, "arm": arm,
            "repetition": step.repetition, "attempt": attempt, "status": "failed",
            "reason": " ".join(str(reason).split())[:150], "min_offsets": "", "max_delay_s": "",
            "folder": f"runs/{step.id_of(arm)}-{attempt}", "digest": step.digest_of(arm)}


def cell(value):
    return f"{value:.6g}" if isinstance(value, float) else value


def append_row(path, columns, row):
    """Whole or not at all, as far as one write can be: a run whose row is not there is run again."""
    new = not path.exists()
    if not new:  # one of an older version has fewer columns, and keeps to them
        with open(path, encoding="utf-8", newline="") as file:
            columns = next(csv.reader(file), columns)
    with open(path, "a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerow({key: cell(value) for key, value in row.items()})


def rows_of(path):
    if not path.exists():
        return []
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def kafka_version():
    """Of the broker that tools/kafka.sh starts, by the name of its jar."""
    jars = pathlib.Path(os.environ.get("ADAPTIVESTREAM_KAFKA_LIBS", "")).glob("kafka-clients-*.jar")
    return next((jar.stem.rpartition("-")[2] for jar in jars), "unknown")


def hardware():
    """The processor's name and the memory, which machine() of lab.environment does not know."""
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // (1 << 20)
    return {"processor": names[0] if names else "unknown", "memory_mb": memory_mb}


def git_commit():
    done = subprocess.run(["git", "-C", str(ROOT), "describe", "--always", "--dirty"], capture_output=True, text=True,
                          check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def kafka_process(folder):
    return int((pathlib.Path(folder) / "pid").read_text(encoding="ascii"))

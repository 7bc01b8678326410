"""`adaptivestream simulate`: what a run on real Spark should come to."""

import json
import subprocess

from lab.environment import LabError, command
from lab.run import TRACE_BINS, TRACES


def trace_flags(trace):
    return ["--trace", TRACES / f"{trace}.csv.gz", "--bin", TRACE_BINS[trace]]


def simulate(arguments, trace_text=None):
    """The report as a dictionary; `trace_text` is what `--trace -` reads."""
    result = subprocess.run([str(part) for part in (command(), "simulate", "--json", *arguments)], input=trace_text,
                            capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise LabError(f"the simulation failed ({result.returncode}): {result.stderr.strip()}")
    return json.loads(result.stdout)


def counts_of_shape(shape, seed):
    """A trace in bins of a second: what the generator sends of a shape."""
    result = subprocess.run([str(part) for part in (command(), "generate", "--dry-run", "--shape", shape, "--seed", seed)],
                            capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise LabError(f"generate --dry-run failed ({result.returncode}): {result.stderr.strip()}")
    return "".join(line.split(",")[1] + "\n" for line in result.stdout.splitlines())


def simulated_plan(plan, goal):
    """What the governed query of a measured plan comes to in the simulation: {"ratio_mean": ..., ...}."""
    flags = ["--trigger", plan.trigger, "--goal", goal, "--policy", "adaptive"]
    if plan.trace:
        flags += [*trace_flags(plan.trace), "--speed", plan.speed, "--limit", f"{plan.duration_s}s"]
        return simulate(flags)["policies"]["adaptive"]
    return simulate([*flags, "--trace", "-"], counts_of_shape(plan.shape(), plan.seed))["policies"]["adaptive"]


RATIOS = ("batches", "mean", "p95", "p99")


def agreement_table(rows):
    """rows: (name, measured ratios by RATIOS, simulated_plan)."""
    lines = ["| traffic | batches, measured / simulated | mean | p95 | p99 |", "|---|---|---|---|---|"]
    for name, measured, simulated in rows:
        cells = " | ".join(f"{measured[key]:.3f} / {simulated['ratio_' + key]:.3f}" for key in RATIOS)
        lines.append(f"| {name} | {cells} |")
    return ["The same traffic in `adaptivestream simulate`, governed over fixed (batch cost 250ms+20us):", "", *lines]

#!/usr/bin/env python3
"""What every policy does with the recorded traces, on paper: the agent's own decisions with each goal, and everything else
at the batches of the fixed trigger, beside the bound. The reports and a Markdown table land in build/bench/simulate/.

    make bench-simulate [ARGS="--triggers 2,10,30 --scales 1,10 --limit 4h --quick"]
"""

import argparse
import json
import math
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from lab.environment import LabError, build_folder  # noqa: E402
from lab.processes import unwind_on_signals  # noqa: E402
from lab.report import write_report  # noqa: E402
from lab.run import TRACE_BINS  # noqa: E402
from lab.screen import Screen  # noqa: E402
from lab.simulation import simulate, trace_flags  # noqa: E402

GOALS = ("balanced", "strict", "latency", "cost")
OTHERS = ("min-offsets", "delay-cost", "reactive", "rate", "clairvoyant")
FIGURES = ("ratio_mean", "ratio_p95", "ratio_p99", "ratio_batches")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--triggers", default="2,10,30", help="seconds, separated by commas (default 2,10,30)")
    parser.add_argument("--scales", default="1,10", help="of the counts, separated by commas (default 1,10)")
    parser.add_argument("--limit", default="4h", help="of each trace (default 4h)")
    parser.add_argument("--batch-cost", default="250ms+20us")
    parser.add_argument("--quick", action="store_true", help="two hours at 2 s, without the bound: for work on the law")
    parser.add_argument("--output", type=pathlib.Path, help="default build/bench/simulate")
    options = parser.parse_args()
    if options.quick:
        options.triggers, options.limit = "2", "2h"
    options.triggers = [int(seconds) for seconds in options.triggers.split(",")]
    options.scales = options.scales.split(",")
    options.output = options.output or build_folder() / "bench" / "simulate"
    return options


def simulated(options, trigger, scale, trace, *more):
    """{policy: figures} of one call."""
    return simulate([*trace_flags(trace), "--scale", scale, "--limit", options.limit, "--trigger", f"{trigger}s",
                     "--batch-cost", options.batch_cost, *more])["policies"]


def rows_of(options, trigger, scale, trace):
    """{row of the table: figures} for one trace: each goal as it ships, the rest at equal batches."""
    rows = {goal: simulated(options, trigger, scale, trace, "--goal", goal, "--policy", "adaptive")["adaptive"]
            for goal in GOALS}
    others = [name for name in OTHERS if not (options.quick and name == "clairvoyant")]
    equal = simulated(options, trigger, scale, trace, "--goal", "latency", "--equal-batches", "--policy",
                      ",".join(["adaptive", *others]))
    rows["latency, equal batches"] = equal.pop("adaptive")
    return rows | equal


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def cell(figures):
    return "{:.3f} {:.2f} {:.2f} {:.3f}".format(*(figures[key] for key in FIGURES))


def table(options, trigger, scale, columns):
    lines = [f"Trigger {trigger} s, counts times {scale}:", "",
             f"| | geometric mean | {' | '.join(columns)} |", "|---" * (len(columns) + 2) + "|"]
    for row in next(iter(columns.values())):
        cells = [columns[trace][row] for trace in columns]
        mean = {key: geometric_mean([figures[key] for figures in cells]) for key in FIGURES}
        name = f"`{row}`" if row in GOALS or row in OTHERS else row
        lines.append(f"| {name} | **{cell(mean)}** | {' | '.join(map(cell, cells))} |")
    return lines + [""]


def main():
    options = arguments()
    unwind_on_signals()
    screen = Screen()
    options.output.mkdir(parents=True, exist_ok=True)
    lines = [f"First {options.limit} of each trace, batch cost {options.batch_cost}. In each cell: mean wait, p95, p99 and batches, all as "
             "ratios to the fixed trigger's. Above, each goal as it ships, which does not know the future; below, what is tuned "
             "with hindsight to the fixed trigger's batches.", ""]
    steps = [(trigger, scale) for trigger in options.triggers for scale in options.scales]
    try:
        for index, (trigger, scale) in enumerate(steps):
            columns = {}
            for number, trace in enumerate(TRACE_BINS):
                screen.bar((index + number / len(TRACE_BINS)) / len(steps), f"trigger {trigger} s, scale {scale}, {trace}")
                columns[trace] = rows_of(options, trigger, scale, trace)
            (options.output / f"trigger-{trigger}s-scale-{scale}.json").write_text(json.dumps(columns, indent=1) + "\n",
                                                                                encoding="utf-8")
            lines += table(options, trigger, scale, columns)
    except (LabError, OSError) as error:
        sys.exit(f"bench-simulate: {error}")
    except KeyboardInterrupt:
        sys.exit("bench-simulate: stopped")
    write_report(options.output / "results.md", "\n".join(lines))
    print("\n".join(lines))
    print(f"Reports: {options.output}")


if __name__ == "__main__":
    main()

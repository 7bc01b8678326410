#!/usr/bin/env python3
"""What advice is worth: recorded traces in simulation, the first half to learn from, the second half scored. In each cell the
mean wait over that without a forecast, at equal batches, and the confidence on average. The report lands in build/bench/advice/.

    make bench-advice [ARGS="--forecasters learned,auto --triggers 2 --scales 1,10 --goals balanced --seeds 1 --limit 4h"]

Equal batches: how the mean wait of the rule without a forecast changes with its batches is seen from budgets a few percent
apart, and the difference in batches is taken out by that.
"""

import argparse
import concurrent.futures
import json
import math
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from lab.environment import LabError, build_folder  # noqa: E402
from lab.run import TRACE_BINS  # noqa: E402
from lab.simulation import simulate, trace_flags  # noqa: E402

MODEL = pathlib.Path(__file__).resolve().parent.parent / "models" / "default.model"
BUDGETS = (0.95, 0.975, 1.025, 1.05)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--forecasters", default="last,ema,holt,ridge,lstm,learned,auto")
    parser.add_argument("--triggers", default="2", help="seconds, separated by commas (default 2)")
    parser.add_argument("--scales", default="1,10", help="of the counts (default 1,10)")
    parser.add_argument("--goals", default="balanced,strict,latency,cost")
    parser.add_argument("--seeds", default="1", help="of when events come inside bins of a second (default 1)")
    parser.add_argument("--traces", default=",".join(TRACE_BINS))
    parser.add_argument("--limit", default="4h", help="of each trace (default 4h)")
    parser.add_argument("--output", type=pathlib.Path, help="default build/bench/advice")
    options = parser.parse_args()
    options.output = options.output or build_folder() / "bench" / "advice"
    return options


def run(case, forecaster, budget=1):
    trace, trigger, scale, goal, seed, limit = case
    return simulate([*trace_flags(trace), "--scale", scale, "--limit", limit, "--trigger", f"{trigger}s", "--goal", goal, "--seed",
                     seed, "--budget", budget, "--policy", "adaptive", "--score-from", "half", "--forecaster", forecaster,
                     "--model", MODEL])["policies"]["adaptive"]


def slope_of(case):
    """d log mean wait / d log batches of the rule without a forecast."""
    points = [(math.log(r["batches"]), math.log(r["mean_s"])) for r in (run(case, "none", budget) for budget in BUDGETS)]
    x, y = (sum(column) / len(points) for column in zip(*points))
    spread = sum((a - x) ** 2 for a, _ in points)
    return sum((a - x) * (b - y) for a, b in points) / spread if spread > 1e-8 else -1


def cell(case, free, slope, forecaster):
    result = run(case, forecaster)
    ratio = result["mean_s"] / free["mean_s"] * (result["batches"] / free["batches"]) ** -slope
    return {"ratio": ratio, "batches": result["batches"] / free["batches"], "p95": result["p95_s"] / free["p95_s"],
            "p99": result["p99_s"] / free["p99_s"], **result.get("advice", {"confidence_mean": 0})}


def row_of(pool, cases, forecaster, frees, slopes):
    return list(pool.map(cell, cases, frees, slopes, [forecaster] * len(cases)))


def geometric(values):
    values = list(values)
    return math.exp(sum(map(math.log, values)) / len(values))


def block(pool, options, trigger, scale, goal, report):
    traces, seeds = options.traces.split(","), options.seeds.split(",")
    cases = [(trace, trigger, scale, goal, seed, options.limit) for seed in seeds for trace in traces]
    frees = list(pool.map(run, cases, ["none"] * len(cases)))
    slopes = list(pool.map(slope_of, cases))
    lines = ["", f"Goal `{goal}`, trigger {trigger} s, counts times {scale}:", "",
             "| | geometric mean | p95 p99 | worst | " + " | ".join(traces) + " |", "|---" * (len(traces) + 4) + "|"]
    print("\n".join(lines), flush=True)
    for forecaster in options.forecasters.split(","):
        row = row_of(pool, cases, forecaster, frees, slopes)
        for case, one in zip(cases, row):
            report.append({"trace": case[0], "trigger_s": case[1], "scale": case[2], "goal": case[3], "seed": case[4],
                           "forecaster": forecaster, **one})
        of_trace = [[one for case, one in zip(cases, row) if case[0] == trace] for trace in traces]
        cells = [f"{geometric(one['ratio'] for one in ones):.4f} ({sum(one['confidence_mean'] for one in ones) / len(ones):.2f})"
                 for ones in of_trace]
        lines.append(f"| `{forecaster}` | **{geometric(one['ratio'] for one in row):.4f}** | "
                     f"{geometric(one['p95'] for one in row):.3f} {geometric(one['p99'] for one in row):.3f} | "
                     f"{max(one['ratio'] for one in row):.4f} | " + " | ".join(cells) + " |")
        print(lines[-1], flush=True)
    return lines


def main():
    options = arguments()
    report, lines = [], []
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for goal in options.goals.split(","):
            for trigger in options.triggers.split(","):
                for scale in options.scales.split(","):
                    lines += block(pool, options, trigger, scale, goal, report)
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "advice.json").write_text(json.dumps(report, indent=1) + "\n")
    (options.output / "advice.md").write_text("\n".join(lines).strip() + "\n")


if __name__ == "__main__":
    try:
        main()
    except LabError as error:
        sys.exit(f"bench_advice: {error}")

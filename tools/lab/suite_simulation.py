"""What the simulator says of the runs of a benchmark, in simulated.csv beside them."""

import statistics

from lab.suite import Step, append_row, attempts_at, rows_of, simulated

COLUMNS = ["job", "workload", "arm", "repetition", "batches", "wait_mean_s", "wait_p50_s", "wait_p95_s", "wait_p99_s", "wait_max_s",
           "seed", "definition", "batch_cost"]


def flags_of(plan, definition):
    """(flags of `simulate`, policy), or None where the simulator has nothing like this arm."""
    options = dict(part.split("=", 1) for part in (definition["agent"] or "").split(",") if part)
    trigger_s = definition["trigger_s"] or plan["arms"][plan["reference"]]["trigger_s"]
    flags = ["--trigger", f"{trigger_s}s"]
    if definition["agent"] is not None:
        if set(options) - {"policy", "goal", "budget", "predictor", "forecaster"}:
            return None  # the simulator has no such option
        policy = options.get("policy", "adaptive")
        for key in ("goal", "budget"):
            if key in options:
                flags += [f"--{key}", options[key]]
        return flags, policy
    if definition["tuned_offsets"]:
        return flags, "min-offsets"
    if definition["min_offsets"]:
        return None
    if definition["reactive_s"]:
        return flags, "reactive"
    return flags, "fixed" if definition["trigger_s"] else "asap"


def batch_cost(batches):
    """--batch-cost of (events, seconds), or None: the line through the median times of batches of about one size. A size counts by
    its events, since waits are theirs: where small batches take longer than large ones, most events meet the large ones. (The
    governor's own line, control/batch_cost.h, is careful instead: it is to keep a job from being overrun.)"""
    classes = {}
    for events, seconds in batches:
        classes.setdefault(events.bit_length(), []).append((events, seconds))
    points = [(statistics.fmean(events for events, _ in members), statistics.median(seconds for _, seconds in members),
               sum(events for events, _ in members)) for members in classes.values()]
    weight = sum(share for *_, share in points)
    if weight == 0:
        return None
    events_mean = sum(events * share for events, _, share in points) / weight
    seconds_mean = sum(seconds * share for _, seconds, share in points) / weight
    spread = sum(share * (events - events_mean) ** 2 for events, _, share in points)
    common = sum(share * (events - events_mean) * (seconds - seconds_mean) for events, seconds, share in points)
    per_event_s = min(max(common / spread, 0), seconds_mean / events_mean) if spread > 0 else 0
    fixed_s = max(seconds_mean - per_event_s * events_mean, 0)
    return f"{1000 * fixed_s:.3f}ms+{1e6 * per_event_s:.3f}us"


def measured_cost(runs, output, step):
    """As the reference arm had it under the same arrivals: what a user knows of his job. None where no run of it is good. `runs`: the
    rows of runs.csv."""
    good = [row for row in attempts_at(runs, step, step.plan["reference"]) if row["status"] == "ok"]
    batches = rows_of(output / good[-1]["folder"] / "batches.csv") if good else []
    return batch_cost([(int(batch["events"]), (int(batch["end_ms"]) - int(batch["trigger_ms"])) / 1000)
                       for batch in batches if int(batch["end_ms"]) > 0])  # 0: not known


def simulate_all(plan, output):
    """Adds the lines that are not there yet."""
    path = output / "simulated.csv"
    runs, lines = rows_of(output / "runs.csv"), rows_of(path)
    if lines and list(lines[0]) != COLUMNS:  # of an older version: nothing is lost, it can be worked out again
        path.unlink()
        lines = []
    keys = ("job", "workload", "arm", "repetition", "seed", "definition", "batch_cost")
    there = {tuple(row[key] for key in keys) for row in lines}
    for step in (Step(plan=plan, **step) for step in plan["steps"]):
        cost = measured_cost(runs, output, step)
        if cost is None:
            continue
        for arm in step.arms:
            found = flags_of(plan, plan["arms"][arm])
            row = {"job": step.job, "workload": step.workload, "arm": arm, "repetition": step.repetition, "seed": step.seed,
                   "definition": step.digest_of(arm), "batch_cost": cost}
            made = tuple(str(row[key]) for key in keys)
            if found is None or made in there:
                continue
            there.add(made)
            flags, policy = found
            policies = policy if policy == "fixed" else f"fixed,{policy}"
            result = simulated(step.traffic(), step.seed,
                               [*flags, "--batch-cost", cost, "--policy", policies])["policies"][policy]
            append_row(path, COLUMNS, {
                **row, "batches": result["batches"],
                **{f"wait_{name}_s": result[f"{name}_s"] for name in ("mean", "p50", "p95", "p99", "max")}})

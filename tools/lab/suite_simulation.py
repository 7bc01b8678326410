"""What the simulator says of the runs of a benchmark, in simulated.csv beside them."""

from lab.suite import Step, append_row, rows_of, simulated

COLUMNS = ["workload", "arm", "repetition", "batches", "wait_mean_s", "wait_p50_s", "wait_p95_s", "wait_p99_s", "wait_max_s",
           "seed", "definition"]


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


def simulate_all(plan, output):
    """Adds the lines that are not there yet."""
    path = output / "simulated.csv"
    there = {(row["workload"], row["arm"], row["repetition"], row["seed"], row["definition"]) for row in rows_of(path)}
    for step in (Step(plan=plan, **step) for step in plan["steps"]):
        for arm in step.arms:
            found = flags_of(plan, plan["arms"][arm])
            key = (step.workload, arm, str(step.repetition), str(step.seed), step.digest_of(arm))
            if found is None or key in there:
                continue
            there.add(key)
            flags, policy = found
            policies = policy if policy == "fixed" else f"fixed,{policy}"
            result = simulated(step.traffic(), step.seed, [*flags, "--policy", policies])["policies"][policy]
            append_row(path, COLUMNS, {
                "workload": step.workload, "arm": arm, "repetition": step.repetition, "batches": result["batches"],
                **{f"wait_{name}_s": result[f"{name}_s"] for name in ("mean", "p50", "p95", "p99", "max")},
                "seed": step.seed, "definition": step.digest_of(arm)})

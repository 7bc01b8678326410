"""How punctual the agent is: from a decision to the start of the trigger, and from the planned time to the decision."""

import datetime
import json
import statistics

NS_PER_MS = 1e6


def percentile(values, percent):
    """Nearest rank, as `adaptivestream measure` has it."""
    ordered = sorted(values)
    return ordered[max(-(-len(ordered) * percent // 100) - 1, 0)]


def trigger_starts_ms(progress_path):
    """Starts of all reported triggers, in whole milliseconds as Spark notes them."""
    starts = set()
    for line in progress_path.read_text(encoding="utf-8").splitlines():
        stamp = datetime.datetime.fromisoformat(json.loads(line)["timestamp"].replace("Z", "+00:00"))
        starts.add(round(stamp.timestamp() * 1000))
    return sorted(starts)


def wall_offset_ms(decisions):
    """What the wall clock is ahead of the journal's steady one. A line's wall_ms is rounded down, half a millisecond on
    average, and taken as the line is written, microseconds after now_ns."""
    return statistics.median(line["wall_ms"] + 0.5 - line["now_ns"] / NS_PER_MS for line in decisions)


def to_trigger_ms(decisions, starts_ms, within_ms=1000):
    """Milliseconds from a decision that fires to the start of its trigger, for each start that has one. Spark notes starts
    in whole milliseconds, so each is right to half of one."""
    offset_ms = wall_offset_ms(decisions)
    fired_ms = [line["now_ns"] / NS_PER_MS + offset_ms for line in decisions if line["fire"]]
    gaps, index = [], 0
    for start_ms in starts_ms:
        middle_ms = start_ms + 0.5
        while index < len(fired_ms) and fired_ms[index] <= middle_ms + 1:
            index += 1
        if index > 0 and middle_ms - fired_ms[index - 1] < within_ms:
            gaps.append(middle_ms - fired_ms[index - 1])
    return gaps


def waking_late_ms(lines):
    """Milliseconds from when a decision wanted to be asked again to when it was: the sleep's lateness. `lines`: decisions
    and triggers of one query in their order; a probe made on waking is not counted as sleep."""
    late, planned_ns = [], None
    for line in lines:
        if line["event"] != "decision":
            planned_ns = None
            continue
        woke_ns = line["now_ns"] - line.get("elapsed_us", 0) * 1000
        if planned_ns is not None:
            late.append((woke_ns - planned_ns) / NS_PER_MS)
        planned_ns = line["wake_ns"] if not line["fire"] and line["wake_ns"] > line["now_ns"] else None
    return late

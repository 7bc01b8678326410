"""Follows the agent's journal while it grows, and asks for its replay."""

import json
import os
import subprocess

from lab.environment import LabError, command

REPLAY_S = 300


class Follower:
    """poll() returns what has been added since the last call, line by line, as dictionaries."""

    def __init__(self, path):
        self.path = path
        self.offset = 0

    def poll(self):
        if not os.path.exists(self.path):
            return []
        with open(self.path, "rb") as file:
            file.seek(self.offset)
            text = file.read()
        whole = text[:text.rfind(b"\n") + 1]
        self.offset += len(whole)
        return [json.loads(line) for line in whole.splitlines() if line]


def read(path, query=None, event=None):
    """All whole lines, or those of one query or event."""
    return [line for line in Follower(path).poll()
            if (query is None or line.get("query") == query) and (event is None or line.get("event") == event)]


def empty_triggers(path, query, begin_ms, end_ms):
    """How many triggers within this time took nothing."""
    count, taken = 0, None
    for line in read(path, query):
        if line["event"] == "start":
            taken = line["taken"]
        elif line["event"] == "trigger":
            count += line["available"] == taken and begin_ms <= line["wall_ms"] < end_ms
            taken = line["available"]
    return count


def promised_s(path, query, triggers):
    """The wait that the agent promises: so many of its trigger's intervals and a slot, as it notes both at its start. A
    slot of 0 is T0/20 within 25 ms and 1 s, as in src/control/grid.c."""
    begin = read(path, query, "start")[0]
    trigger_s, slot_s = begin["trigger_ns"] / 1e9, begin["slot_ns"] / 1e9
    return triggers * trigger_s + (slot_s or min(max(trigger_s / 20, 0.025), 1))


def replayed(path, query):
    """The report of `adaptivestream replay`: whether the same calls give the same decisions again."""
    try:
        done = subprocess.run([command(), "replay", "--json", "--query", query, str(path)], capture_output=True, text=True, check=False,
                              timeout=REPLAY_S)
    except subprocess.TimeoutExpired as error:
        raise LabError(f"replay of {path} did not end within {REPLAY_S} s") from error
    if not done.stdout:
        raise LabError(done.stderr.strip() or f"replay failed with {done.returncode}")
    return json.loads(done.stdout)

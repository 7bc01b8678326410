"""The folders that the demo and the benches write their records to, and what a finished run in one was made with."""

import dataclasses
import datetime
import hashlib
import json
import pathlib
import shutil

from lab.environment import LabError, agent, machine

MARKER = ".adaptivestream-records"
MADE = "made.json"
REPORT = "measure.json"


def take_folder(folder, fresh=False):
    """Makes the folder, or takes it over if an earlier call has made it, emptied if `fresh`. A folder with anything
    in it that is not marked as ours may hold a user's files: it is refused."""
    folder = pathlib.Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        marker = folder / MARKER
        entries = [entry for entry in folder.iterdir() if entry != marker]
        if entries and not marker.exists():
            raise LabError(f"{folder} is not empty and was not made by this command (it has no {MARKER}); "
                           "remove it yourself or name another folder with --output")
        marker.write_text("AdaptiveStream's tools write to this folder, and empty it.\n", encoding="utf-8")
        for entry in entries if fresh else []:
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
    except OSError as error:
        raise LabError(f"cannot use {folder} for the records: {error}; name another folder with --output") from error


def agent_digest():
    return hashlib.sha256(pathlib.Path(agent()).read_bytes()).hexdigest()


def made_with(plan):
    """What a run's figures are made with; as it reads back from JSON."""
    return json.loads(json.dumps({"plan": dataclasses.asdict(plan), "agent_sha256": agent_digest()}))


def keep_run(folder, report, made):
    """Writes the report down, and beside it what it was made with and when: last, as the mark of a finished run."""
    made = {**made, "date": datetime.date.today().isoformat(), **machine()}
    (folder / REPORT).write_text(json.dumps(report, indent=1), encoding="utf-8")
    (folder / MADE).write_text(json.dumps(made, indent=1), encoding="utf-8")
    return {**report, "made": made}


def kept_run(folder, plan, say):
    """The report of a run that was finished with the same plan and agent, else None."""
    try:
        made = json.loads((folder / MADE).read_text(encoding="utf-8"))
        report = json.loads((folder / REPORT).read_text(encoding="utf-8"))
        change = change_since(made, made_with(plan))
    except (OSError, ValueError):
        change = "its record is not whole"
    if change is None:
        say(f"{folder.name}: kept from before")
        return {**report, "made": made}
    if folder.exists():
        say(f"{folder.name}: run anew, since {change}")
    return None


def change_since(made, now):
    """In words, or None where both are the same."""
    if made["agent_sha256"] != now["agent_sha256"]:
        return "libadaptivestream.so has changed"
    for name, value in now["plan"].items():
        if made["plan"].get(name) != value:
            return f"{name} was {made['plan'].get(name)!r} and is {value!r}"
    return None

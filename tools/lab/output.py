"""What Spark's file sink has committed."""

import json
import pathlib
import urllib.parse


def committed_rows(output):
    """The rows that the file sink has committed, sorted: its log says which files count."""
    files = set()
    log = pathlib.Path(output) / "_spark_metadata"
    if not log.is_dir():
        return []
    for entry in log.iterdir():
        if entry.name.startswith("."):
            continue
        for line in entry.read_text(encoding="utf-8").splitlines()[1:]:
            files.add(urllib.parse.urlparse(json.loads(line)["path"]).path)
    rows = []
    for file in files:
        rows += pathlib.Path(file).read_text(encoding="utf-8").splitlines()
    return sorted(rows)


def events_in(rows):
    return sum(json.loads(row)["events"] for row in rows)

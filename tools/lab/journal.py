"""Follows the agent's journal while it grows."""

import json
import os


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
        return [json.loads(line) for line in whole.splitlines()]


def read(path, query=None, event=None):
    """All whole lines, or those of one query or event."""
    return [line for line in Follower(path).poll()
            if (query is None or line.get("query") == query) and (event is None or line.get("event") == event)]

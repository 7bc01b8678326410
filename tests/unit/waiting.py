"""Waiting for something that must happen, with a deadline."""

import time

DEADLINE = 60  # seconds until it counts as not happening


def wait_for(what, condition):
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        result = condition()
        if result:
            return result
        time.sleep(0.01)
    raise AssertionError("in %d s not: %s" % (DEADLINE, what))

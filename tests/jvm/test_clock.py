"""The wall clock is set while a query runs. Spark's schedule lives on it, what is pending does not."""

import struct
import time

import jvm
import pytest
from test_query import CLEAN_STOPS, await_early_batches, leave, stop

HOUR_MS = 3_600_000
SHIM = jvm.BUILD / "tests" / "libshift_clock.so"


@pytest.fixture
def shift(tmp_path):
    """shift(ms): the JVM's wall clock is that much ahead from now on."""
    path = tmp_path / "shift"
    path.write_bytes(struct.pack("=q", 0))

    def setter(milliseconds):
        with open(path, "r+b") as file:
            file.write(struct.pack("=q", milliseconds))

    setter.variables = {"LD_PRELOAD": str(SHIM), "SHIFT_CLOCK_MS": str(path)}
    return setter


@pytest.mark.parametrize("step_ms", [HOUR_MS, -HOUR_MS], ids=["ahead", "back"])
def test_a_step_of_an_hour_stops_no_batch(job, shift, step_ms):
    assert SHIM.exists(), f"{SHIM} is not there: run `make build`"
    program = job(agent="warmup=0,max_wait=500ms", trigger=3000, variables=shift.variables)
    await_early_batches(program, 3000)
    stamp = int(program.line("batch ").split()[2])
    assert abs(stamp - time.time() * 1000) < HOUR_MS / 2
    shift(step_ms)
    end = time.monotonic() + jvm.DEADLINE_S
    while abs(stamp - time.time() * 1000 - step_ms) > HOUR_MS / 2:  # Spark's own wait after a step back is an hour long
        assert time.monotonic() < end, program.transcript()
        stamp = int(program.line("batch ").split()[2])
    await_early_batches(program, 3000)
    assert stop(program) in CLEAN_STOPS
    leave(program)
    assert " 0 faults" in program.agent_lines()[-1]


def test_a_step_ahead_ends_the_jobs_own_wait(job, shift):
    """As it does without us: the next point of the schedule is suddenly in the past."""
    program = job(agent="policy=fixed", trigger=HOUR_MS, variables=shift.variables)
    program.line("batch ")
    assert program.ask("parked") == "native"
    shift(HOUR_MS)
    program.line("batch ")
    leave(program)

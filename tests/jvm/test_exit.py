"""However the JVM ends while a query is parked in a long governed wait: at once, and with its own exit code."""

import signal
import time

import jvm
import pytest

SOON_S = 15  # a fraction of the wait, which lasts a minute; an exit takes well under a second where nothing else runs
LATER_S = 0.7  # than without the agent, at best
TRIES = 3  # a busy machine may delay an exit, but hardly each
TRIGGER_MS = 60000

ENDINGS = {
    "return": (lambda program: program.say("return"), 0),
    "exit": (lambda program: program.say("exit 3"), 3),
    "halt": (lambda program: program.say("halt 4"), 4),
    "end of input": (lambda program: program.process.stdin.close(), 0),
    "SIGTERM": (lambda program: program.process.send_signal(signal.SIGTERM), 128 + signal.SIGTERM),
    "SIGINT": (lambda program: program.process.send_signal(signal.SIGINT), 128 + signal.SIGINT),
    "SIGKILL": (lambda program: program.process.kill(), -signal.SIGKILL),
}


def end_parked(job, how, journal=None):
    agent = None if journal is None else f"journal={journal}"
    program = job(agent=agent, trigger=TRIGGER_MS)
    program.line("batch ")
    assert program.ask("parked") == ("java" if agent is None else "native")
    if journal is not None:
        jvm.await_text(journal, '"decision"')  # from then on the agent knows the query and owes its summary
    started = time.monotonic()
    how(program)
    code = program.wait(SOON_S)
    return code, time.monotonic() - started, program


@pytest.mark.parametrize("name", ENDINGS)
def test_the_exit_is_as_without_the_agent(job, tmp_path, name):
    how, expected = ENDINGS[name]
    plain_s, seconds, summaries = [], [], 0
    for attempt in range(TRIES):
        plain_code, took_s, _ = end_parked(job, how)
        plain_s.append(took_s)
        code, took_s, program = end_parked(job, how, tmp_path / f"journal-{attempt}")
        seconds.append(took_s)
        assert code == plain_code == expected, program.transcript()
        # One that is held up while it is at a decision ends without its summary.
        said = len([line for line in program.agent_lines() if "query orders ended" in line])
        assert said <= 1, program.transcript()
        summaries += said
        if min(seconds) <= min(plain_s) + LATER_S and (summaries > 0) == (name != "SIGKILL"):
            return
    raise AssertionError(f"ended after {seconds} s with {summaries} summaries, without the agent after {plain_s} s\n{program.transcript()}")

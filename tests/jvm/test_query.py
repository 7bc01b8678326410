"""A stand-in query under the agent: governed waits, the ways not to be governed, faults, and stop() at every moment."""

import json
import subprocess
import time

import jvm
import pytest

EAGER = "warmup=0,max_wait=200ms"  # ends every wait early once there is a price
SOON_MS = 5000  # "at once", on a busy machine; the triggers here are a minute long
CLEAN_STOP = "java.lang.InterruptedException: sleep interrupted"


def gaps_ms(program, count, deadline_s=jvm.DEADLINE_S):
    """Milliseconds between the next count + 1 batches."""
    times = [int(program.line("batch ", deadline_s).split()[2]) for _ in range(count + 1)]
    return [later - earlier for earlier, later in zip(times, times[1:])]


def await_early_batches(program, trigger_ms, count=3):
    """Until `count` batches in a row came well before their trigger."""
    end = time.monotonic() + jvm.DEADLINE_S
    row = 0
    while row < count:
        assert time.monotonic() < end, program.transcript()
        row = row + 1 if gaps_ms(program, 1)[0] < 0.75 * trigger_ms else 0


def leave(program, code=0):
    program.say(f"exit {code}")
    assert program.wait() == code, program.transcript()


def stop(program):
    ended, took_ms, reason = program.ask("stop").split(" ", 2)
    assert ended == "true", program.transcript()
    assert int(took_ms) < SOON_MS, program.transcript()
    return reason


def keeps_its_own_schedule(program, trigger_ms):
    """Batches on the epoch's grid only, the first one aside, which starts at once. EAGER would leave it by the third."""
    program.line("batch ")
    stamps = [int(program.line("batch ").split()[2]) for _ in range(5)]
    for stamp in stamps:
        assert stamp % trigger_ms < 0.5 * trigger_ms, program.transcript()
    for earlier, later in zip(stamps, stamps[1:]):
        assert later - earlier > 0.5 * trigger_ms, program.transcript()


def test_waits_end_early(job):
    program = job(agent=EAGER, trigger=3000)
    program.line("batch ")
    assert program.ask("parked") == "native"
    await_early_batches(program, 3000)
    assert stop(program) == CLEAN_STOP
    leave(program)
    start, end = program.agent_lines()
    assert len([line for line in program.notices() if "max_wait is shorter" in line]) == 1
    assert "query orders (id " in start and "governed, trigger 3s, goal balanced, budget 1" in start
    assert "query orders ended: " in end
    assert [line for line in program.out if "AdaptiveStream" in line] == []


def test_a_full_batch_is_not_waited_for(job):
    """The source's own limit is pending long before the trigger: waiting more could not enlarge the batch."""
    program = job(agent="warmup=0", trigger=3000, rate=1000, limit=100)
    await_early_batches(program, 3000)
    leave(program)


def test_every_decision_is_journalled(job, tmp_path):
    journal = tmp_path / "journal.jsonl"
    program = job(agent=f"{EAGER},journal={journal}", trigger=1000)
    await_early_batches(program, 1000)
    stop(program)
    leave(program)
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    assert {line["query"] for line in lines} == {"orders"}
    events = [line["event"] for line in lines]
    assert events[0] == "start" and events[-1] == "summary"
    fired = [line for line in lines if line["event"] == "decision" and line["fire"]]
    assert "max_wait" in {line["reason"] for line in fired}
    assert events.count("trigger") >= len(fired) - 1 > 3
    replay = [jvm.BUILD / "adaptivestream", "replay", journal]
    done = subprocess.run(replay, capture_output=True, text=True, timeout=jvm.DEADLINE_S)
    assert done.returncode == 0 and "decisions are the same" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize(
    "agent, said",
    [
        ("mode=monitoring," + EAGER, "monitored, never acted on"),
        ("queries=clicks+pay*," + EAGER, "not selected by queries="),
        ("policy=fixed," + EAGER, "policy fixed"),
        ("mode=disabled," + EAGER, "mode=disabled"),
        ("gaol=cost," + EAGER, 'unknown option "gaol"; did you mean "goal"?'),
        ("budget=20", "budget=20: must be a number from 0.1 to 10"),
    ],
)
def test_the_jobs_own_schedule_is_kept(job, agent, said):
    program = job(agent=agent, trigger=1000)
    keeps_its_own_schedule(program, 1000)
    leave(program, 5)
    assert said in program.agent_lines()[0], program.transcript()
    assert len(program.agent_lines()) <= 2


def test_a_rule_of_the_sources_own_is_respected(job):
    program = job(agent=EAGER, trigger=1000, minimum=50)
    keeps_its_own_schedule(program, 1000)
    leave(program)
    assert "minOffsetsPerTrigger" in program.agent_lines()[0]


def test_the_default_trigger_is_left_alone(job):
    program = job(agent=EAGER, trigger=0)
    assert max(gaps_ms(program, 20)) < 1000
    leave(program)
    assert program.agent_lines() == []


def test_faults_leave_the_job_on_its_own_schedule(job):
    program = job(agent=EAGER, trigger=1000, temper="FAILING")
    keeps_its_own_schedule(program, 1000)
    stop(program)
    leave(program)
    lines = program.agent_lines()
    assert len(lines) == 4, program.transcript()
    assert "no broker answers" in lines[1] and "own schedule rules until its next batch" in lines[1]
    assert "3 faults in a row, the job's own schedule is kept from now on" in lines[2]
    assert "3 faults" in lines[3]


def test_a_source_that_never_answers_leaves_the_job_on_its_own_schedule(job):
    program = job(agent=EAGER, trigger=1000, temper="DEAD")
    keeps_its_own_schedule(program, 1000)
    stop(program)
    leave(program)
    assert any("no broker answers" in line for line in program.agent_lines()), program.transcript()
    assert len(program.agent_lines()) <= 4


def test_stop_ends_a_governed_wait_at_once(job):
    program = job(agent="", trigger=60000)
    program.line("batch ")
    assert program.ask("parked") == "native"
    assert stop(program) == CLEAN_STOP
    leave(program)


def test_stop_ends_a_wait_within_a_probe(job):
    program = job(agent="warmup=0,poll=10ms", trigger=1000, temper="BLOCKING")
    program.line("probing")
    stop(program)
    leave(program)
    assert [line for line in program.agent_lines() if "error" in line] == []


@pytest.mark.parametrize("temper, sign", [("PROMPT", "batch "), ("BLOCKING", "probing")])
def test_an_interrupt_of_a_running_query_is_not_lost(job, temper, sign):
    """Whoever interrupts the stream thread gets Spark's answer, in a wait and in a probe."""
    program = job(agent="warmup=0,poll=10ms", trigger=2000, temper=temper)
    program.line(sign)
    program.ask("parked")
    assert program.ask("interrupt") == CLEAN_STOP
    leave(program)


def test_a_second_agentpath_is_ignored(job):
    program = job(jvm.agent_flag("goal=cost"), agent=EAGER, trigger=1000)
    await_early_batches(program, 1000)
    leave(program)
    assert "loaded twice" in program.agent_lines()[0]
    assert len([line for line in program.agent_lines() if "governed" in line]) == 1

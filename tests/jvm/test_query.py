"""A stand-in query under the agent: governed waits, the ways not to be governed, faults, and stop() at every moment."""

import contextlib
import json
import subprocess
import time

import jvm
import pytest

EAGER = "warmup=0,max_wait=200ms"  # ends every wait early once there is a price
SOON_MS = 5000  # "at once", on a busy machine; the triggers here are a minute long
CLEAN_STOP = "java.lang.InterruptedException: sleep interrupted"
CLEAN_STOPS = (CLEAN_STOP, "null")  # in a wait, or between two, where the loop ends by itself


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
    # A busy machine may delay some of them, one of them up to the next.
    assert sorted(stamp % trigger_ms for stamp in stamps)[len(stamps) // 2] < 0.5 * trigger_ms, program.transcript()
    assert len({stamp // trigger_ms for stamp in stamps}) >= len(stamps) - 1, program.transcript()


def runs_as_fast_as_it_can(program):
    assert sorted(gaps_ms(program, 21))[10] < 500


def test_waits_end_early(job):
    program = job(agent=EAGER, trigger=3000)
    program.line("batch ")
    assert program.ask("parked") == "native"
    await_early_batches(program, 3000)
    assert stop(program) in CLEAN_STOPS
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
    runs_as_fast_as_it_can(program)
    leave(program)
    assert program.agent_lines() == []


def test_the_default_trigger_is_governed_on_demand(job):
    program = job(agent="warmup=0,default_trigger=govern,fallback_interval=1500ms", trigger=0)
    start = program.line("batch ")
    gaps = gaps_ms(program, 4)
    assert max(gaps) > 250, f"still as fast as it can: {start} {gaps}"
    assert stop(program) in CLEAN_STOPS
    leave(program)
    assert "governed, trigger 1500ms" in program.agent_lines()[0]


@pytest.mark.parametrize(
    "options, properties",
    [
        ("default_trigger=govern,queries=other", {}),
        ("default_trigger=govern,mode=monitoring", {}),
        ("default_trigger=govern", {"realTime": "true"}),
        ("default_trigger=govern", {"minimum": 50}),
        ("default_trigger=govern", {"source": "limited"}),
    ],
)
def test_a_default_trigger_that_is_not_governed_runs_as_fast_as_before(job, options, properties):
    program = job(agent=options, trigger=0, **properties)
    runs_as_fast_as_it_can(program)
    leave(program)
    assert [line for line in program.agent_lines() if ": governed" in line] == []


def test_a_default_trigger_that_is_released_runs_as_fast_as_before(job):
    program = job(agent="warmup=0,default_trigger=govern", trigger=0, temper="FAILING")
    jvm.await_line(program, "3 faults in a row")
    while not program._lines.empty():
        program._lines.get()
    runs_as_fast_as_it_can(program)
    leave(program)


def test_a_source_that_cannot_be_asked_is_governed_by_its_rows(job, tmp_path):
    journal = tmp_path / "journal.jsonl"
    program = job(agent=f"warmup=0,goal=cost,journal={journal}", trigger=1000, source="rate", rate=200)
    for _ in range(8):
        program.line("batch ")
    assert stop(program) in CLEAN_STOPS
    leave(program)
    start, end = program.agent_lines()
    assert "governed by its progress" in start and "RateStreamMicroBatchStream cannot be asked" in start
    assert "0 probes, 0 faults" in end
    assert "asked" not in program.out
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    assert lines[0]["rows_only"] is True
    assert "plan" in {line["reason"] for line in lines if line["event"] == "decision"}
    rows = sum(int(line.split()[2]) for line in program.out if line.startswith("batch "))
    # The batches of the first wait and of the last trigger are not the governor's to see.
    assert 0.5 * rows <= lines[-1]["own_events"] <= rows


def test_a_limit_that_cannot_be_seen_through_is_left_alone(job):
    program = job(agent="warmup=0,goal=cost", trigger=1000, source="limited")
    keeps_its_own_schedule(program, 1000)
    leave(program)
    assert "has a limit per trigger" in program.agent_lines()[0]


@pytest.mark.parametrize("policy", ["rate", "reactive"])
def test_the_policies_to_compare_with_run(job, tmp_path, policy):
    journal = tmp_path / "journal.jsonl"
    program = job(agent=f"warmup=0,policy={policy},journal={journal}", trigger=1000, rate=4000)
    for _ in range(8):
        program.line("batch ")
    stop(program)
    leave(program)
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    assert "plan" in {line["reason"] for line in lines if line["event"] == "decision"}
    assert f"policy {policy}" in program.agent_lines()[0]


def test_options_come_from_file_and_environment(job, tmp_path):
    config = tmp_path / "agent.conf"
    config.write_text(f"# for all jobs of this host\nmax_wait = 200ms\nwarmup=0\ngoal=strict\njournal={tmp_path}/a,b.jsonl\n")
    variables = {"ADAPTIVESTREAM_CONFIG": str(config), "ADAPTIVESTREAM_GOAL": "latency", "ADAPTIVESTREAM_QUERYS": "x"}
    program = job(agent="budget=2", trigger=3000, variables=variables)
    await_early_batches(program, 3000)
    leave(program)
    lines = program.agent_lines()
    assert 'ADAPTIVESTREAM_QUERYS is no option and not used; did you mean "queries"?' in lines[0]
    assert "goal latency, budget 2" in lines[1]
    assert (tmp_path / "a,b.jsonl").exists()


@pytest.mark.parametrize(
    "content, said",
    [("gaol=strict", 'agent.conf:1: unknown option "gaol"; did you mean "goal"?'), (None, "No such file or directory")],
)
def test_a_wrong_file_leaves_the_job_untouched(job, tmp_path, content, said):
    config = tmp_path / "agent.conf"
    if content:
        config.write_text(content)
    program = job(agent=f"config={config}", trigger=1000)
    keeps_its_own_schedule(program, 1000)
    leave(program)
    (line,) = program.agent_lines()
    assert said in line and "runs without AdaptiveStream" in line


def test_twenty_queries_are_governed_side_by_side(job, tmp_path):
    journal = tmp_path / "journal.jsonl"
    program = job(agent=f"{EAGER},journal={journal}", trigger=3000, queries=20)
    jvm.await_text(journal, '"query":"orders-20"')
    end = time.monotonic() + jvm.DEADLINE_S
    early = set()
    while len(early) < 20:
        assert time.monotonic() < end, f"fired early: {sorted(early)}"
        time.sleep(0.2)
        for line in journal.read_text().splitlines()[:-1]:
            record = json.loads(line)
            if record["event"] == "decision" and record["fire"] and record["now_ns"] < record["own_ns"]:
                early.add(record["query"])
    leave(program)
    ended = [line for line in program.agent_lines() if " ended: " in line]
    # One that is busy as the JVM ends has no time for a summary.
    assert ended and all(" 0 faults" in line for line in ended)


def continued(folder):
    """The queries that went on in a new file of the journal: whoever turned it may still be at it."""
    queries = set()
    with contextlib.suppress(FileNotFoundError):  # renamed just now
        for file in folder.glob("journal.jsonl*"):
            lines = map(json.loads, file.read_text().split("\n")[:-1])
            queries |= {line["query"] for line in lines if line["event"] == "continue"}
    return queries


def test_a_journal_that_is_full_goes_on_in_a_new_file(job, tmp_path):
    """Twenty stream threads write while the files are turned under them; all files together replay."""
    journal, older = tmp_path / "journal.jsonl", tmp_path / "journal.jsonl.1"
    program = job(agent=f"{EAGER},predictor=off,poll=10ms,journal={journal},journal_size=1MB", trigger=1000, queries=20)
    end = time.monotonic() + jvm.DEADLINE_S
    while not older.exists():
        assert time.monotonic() < end, program.transcript()
        time.sleep(0.05)
    while len(continued(tmp_path)) < 20:
        assert time.monotonic() < end, program.transcript()
        time.sleep(0.05)
    leave(program)
    heads = [json.loads(line) for file in tmp_path.glob("journal.jsonl*") for line in file.read_text().splitlines()]
    assert {line["event"] for line in heads} >= {"continue", "decision", "summary"}
    # One of four files; whoever turns it may be held up while nineteen write.
    assert older.stat().st_size < 1.25 * (1 << 18)
    done = subprocess.run([jvm.BUILD / "adaptivestream", "replay", "--json", journal], capture_output=True, text=True, timeout=jvm.DEADLINE_S)
    report = json.loads(done.stdout)
    assert report["files"] >= 2 and report["equal"] and report["decisions"] > 200, done.stdout[:2000] + done.stderr


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


def test_a_slow_source_is_asked_less_often_and_delays_no_trigger(job, tmp_path):
    """Each answer takes 0.2 s: the time between two questions doubles up to half the trigger's interval."""
    journal = tmp_path / "journal.jsonl"
    program = job(agent=f"warmup=0,poll=100ms,journal={journal}", trigger=2000, temper="SLOW")
    for _ in range(12):
        program.line("batch ")
    stop(program)
    leave(program)
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    answered = [line["now_ns"] for line in lines if line["event"] == "decision" and "total" in line]
    gaps_s = [(later - earlier) / 1e9 for earlier, later in zip(answered, answered[1:])]
    assert len(gaps_s) > 5 and min(gaps_s[4:]) > 0.9, gaps_s
    for earlier, later in zip(lines, lines[1:]):
        if earlier["event"] == "decision" and earlier["fire"] and later["event"] == "trigger":
            assert later["start_ns"] - earlier["now_ns"] < 1_000_000_000, "a question came between decision and trigger"
    assert " 0 faults" in program.agent_lines()[-1]


@pytest.mark.parametrize(
    "options",
    ["policy=fixed", "mode=monitoring,warmup=0", "warmup=1h", "warmup=0,predictor=127.0.0.1:1,max_wait=5s"],
    ids=["fixed", "monitoring", "warm-up", "fallback"],
)
def test_a_slow_source_does_not_delay_the_jobs_own_schedule(job, tmp_path, options):
    """Each answer takes 0.2 s, and nothing that is answered could change when the trigger fires."""
    journal = tmp_path / "journal.jsonl"
    program = job(agent=f"{options},journal={journal}", trigger=1000, temper="SLOW")
    if "predictor=" in options:
        jvm.await_line(program, "the predictor is lost")
        while not program._lines.empty():
            program._lines.get()
    stamps = [int(program.line("batch ").split()[2]) for _ in range(8)]
    late_ms = sorted(stamp % 1000 for stamp in stamps[2:])
    assert late_ms[1] < 150, late_ms
    leave(program)
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    assert len([line for line in lines if line["event"] == "decision" and "total" in line]) >= 4


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

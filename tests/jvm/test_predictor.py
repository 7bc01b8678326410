"""The agent and its predictor: started, watched, replaced, and never in the way of the job."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.request

import jvm
import pytest

PROGRAM = jvm.BUILD / "adaptivestream-predictor"
EAGER = "warmup=0,max_wait=200ms"  # ends every wait early once there is a price
KILLS = 30
STOPS = 4
BACK_S = 0.3  # after a kill
REPLACED_S = 1.0  # after a stop
TOKEN = "7" * 64  # of a shared predictor
BUSY = 4  # of these times one in so many may take longer, on a machine that has other things to do


def until(condition, what, deadline_s=jvm.DEADLINE_S):
    """The first truth of the condition."""
    end = time.monotonic() + deadline_s
    while True:
        result = condition()
        if result:
            return result
        assert time.monotonic() < end, f"{what} not within {deadline_s} s"
        time.sleep(0.005)


def children(pid):
    """The predictors that are children of this process, dead ones too: {process id: state letter}."""
    found = {}
    for folder in pathlib.Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with contextlib.suppress(OSError, IndexError):
            head, _, rest = (folder / "stat").read_text().rpartition(")")
            if int(rest.split()[1]) == pid and "adaptivestream" in head:
                found[int(folder.name)] = rest.split()[0]
    return found


def predictor_of(program):
    """The process id of the living predictor of this driver."""

    def living():
        return [pid for pid, state in children(program.pid).items() if state not in "ZX"]

    return until(living, f"a predictor of {program.pid}")[0]


def replacement_of(program, old):
    return until(lambda: [pid for pid, state in children(program.pid).items() if pid != old and state not in "ZX"],
                 "another predictor")[0]


def is_gone(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


def count_lines(program, text):
    return len([line for line in list(program.err) if text in line])


def await_lines(program, text, count, deadline_s=jvm.DEADLINE_S):
    until(lambda: count_lines(program, text) >= count, f'{count} lines "{text}"\n{program.transcript()}', deadline_s)


def descriptors(pid):
    """{number: target}"""
    found = {}
    for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            found[int(link.name)] = os.readlink(link)
    return found


def listening(pid):
    """The TCP ports at which this process listens."""
    sockets = {target for target in descriptors(pid).values() if target.startswith("socket:")}
    ports = set()
    for table in ("tcp", "tcp6"):
        for line in pathlib.Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            columns = line.split()
            if columns[3] == "0A" and f"socket:[{columns[9]}]" in sockets:
                ports.add(int(columns[1].rpartition(":")[2], 16))
    return ports


def threads(pid):
    return {(task / "comm").read_text().strip() for task in pathlib.Path(f"/proc/{pid}/task").iterdir()}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def events(journal, event):
    """Of a journal that may be growing."""
    lines = journal.read_text().split("\n")[:-1] if journal.exists() else []
    return [record for record in map(json.loads, lines) if record["event"] == event]


def leave(program):
    """The query is stopped first: one that is at a decision as the JVM ends may have no time for its summary."""
    assert program.ask("stop").startswith("true"), program.transcript()
    program.say("exit 0")
    assert program.wait() == 0, program.transcript()


def replays(journal):
    replay = [jvm.BUILD / "adaptivestream", "replay", journal]
    done = subprocess.run(replay, capture_output=True, text=True, timeout=jvm.DEADLINE_S)
    assert done.returncode == 0 and "decisions are the same" in done.stdout, done.stdout + done.stderr


def strike(program, kill, sign, count):
    """Seconds from `kill` of the predictor to the agent's line with `sign`, count times in a row."""
    seconds = []
    for _ in range(count):
        victim = predictor_of(program)
        before = count_lines(program, sign)
        started = time.monotonic()
        kill(victim)
        await_lines(program, sign, before + 1)
        seconds.append(time.monotonic() - started)
        assert predictor_of(program) != victim
        until(lambda pid=victim: pid not in children(program.pid), f"predictor {victim} is still there, or not reaped")
        # It has to be healthy for a second before it is replaced at once again.
        time.sleep(1.1)
    return seconds


def nearly_all_below(seconds, limit_s):
    late = [took_s for took_s in seconds if took_s > limit_s]
    assert len(late) * BUSY <= len(seconds), f"{len(late)} of {len(seconds)} took more than {limit_s} s: {sorted(seconds)}"


def test_forecasts_come_and_come_back(job, tmp_path):
    """A driver's predictor is killed thirty times and stopped four times; the job goes on all the while."""
    journal = tmp_path / "journal.jsonl"
    program = job(agent=f"{EAGER},log_level=debug,predictor_port={free_port()},journal={journal}", trigger=2000, rate=200)
    jvm.await_line(program, "query orders: forecasts begin")
    first = until(lambda: events(journal, "forecast"), "a forecast in the journal")[0]
    assert 100 < first["rate_per_s"] < 400 and 0 <= first["confidence"] <= 1
    assert listening(program.pid) == set(), "the driver has a port open"
    assert "adaptivestream" in threads(program.pid)

    before = len(descriptors(program.pid))
    back_s = strike(program, lambda pid: os.kill(pid, signal.SIGKILL), "forecasts are back", KILLS)
    replaced_s = strike(program, lambda pid: os.kill(pid, signal.SIGSTOP), "forecasts are back", STOPS)
    until(lambda: len(descriptors(program.pid)) <= before, "no descriptor is left of a kill")
    assert len(children(program.pid)) == 1
    assert min(line["rate_per_s"] for line in events(journal, "forecast")) > 0, "the governor was without a forecast"
    assert count_lines(program, "the predictor is lost") <= 1, "a restart is no loss, unless it takes a second"
    predictor = predictor_of(program)
    leave(program)
    until(lambda: is_gone(predictor), "the predictor outlives its driver")
    assert " 0 faults" in program.agent_lines()[-1]
    replays(journal)
    nearly_all_below(back_s, BACK_S)
    nearly_all_below(replaced_s, REPLACED_S + 0.1)


def test_what_was_learnt_is_followed_and_journalled(job, tmp_path):
    """A predictor that finds what it learnt earlier changes decisions, and the journal says all they were made with."""
    journal, state = tmp_path / "journal.jsonl", tmp_path / "state"
    subprocess.run([jvm.BUILD / "tests" / "write_state", state, "orders"], check=True, timeout=jvm.DEADLINE_S)
    program = job(agent=f"{EAGER},predictor_port={free_port()},journal={journal},state_dir={state}", trigger=2000, rate=200)
    jvm.await_line(program, "query orders: decisions follow a forecast now: learned")

    def followed():
        return [line for line in events(journal, "forecast") if line["confidence"] > 0.5 and "changes" in line]

    changes = until(followed, "a forecast that is followed")[0]["changes"]
    assert len(changes) == 4 and max(map(abs, changes)) > 0.01
    await_early(program, 2000)
    leave(program)
    assert " 0 faults" in program.agent_lines()[-1]
    replays(journal)
    until(lambda: list(state.glob("orders-*.state")), "what was learnt is kept")


def test_the_predictor_inherits_nothing(job):
    program = job(agent=EAGER, trigger=1000)
    predictor = predictor_of(program)
    until(lambda: listening(predictor), "it listens")
    mine = descriptors(program.pid)
    stderr = mine.pop(2)
    its = descriptors(predictor)
    assert its.pop(0) == its.pop(1) == "/dev/null" and its.pop(2) == stderr
    shared = set(its.values()) & set(mine.values())
    assert shared == set(), "descriptors of the JVM's"
    status = pathlib.Path(f"/proc/{predictor}/status").read_text()
    masks = {line.split(":")[0]: int(line.split()[1], 16) for line in status.splitlines() if line.startswith("SigBlk")}
    jvm_blocks = 1 << (signal.SIGQUIT - 1)
    assert masks["SigBlk"] & jvm_blocks == 0
    assert os.readlink(f"/proc/{predictor}/cwd") == "/"
    leave(program)


def test_without_the_program_queries_are_governed_all_the_same(job, tmp_path):
    program = job(agent=f"{EAGER},predictor_path={tmp_path}/nowhere", trigger=3000)
    await_early(program, 3000)
    assert children(program.pid) == {} and "adaptivestream" not in threads(program.pid)
    leave(program)
    lines = [line for line in program.err if "[Predictor]" in line or "[Controller]" in line]
    assert len(lines) == 1 and "nowhere is no program; queries are governed without forecasts" in lines[0]


def test_predictor_off_starts_nothing(job):
    program = job(agent=f"{EAGER},predictor=off", trigger=3000)
    await_early(program, 3000)
    assert children(program.pid) == {} and "adaptivestream" not in threads(program.pid)
    leave(program)
    assert count_lines(program, "[Predictor]") == count_lines(program, "[Controller]") == 0


def test_a_driver_without_a_governed_query_has_no_predictor(job):
    program = job(agent=f"{EAGER},queries=others", trigger=1000)
    for _ in range(4):
        program.line("batch ")
    assert children(program.pid) == {} and "adaptivestream" not in threads(program.pid)
    leave(program)
    assert count_lines(program, "[Predictor]") == count_lines(program, "[Controller]") == 0


def test_a_port_that_a_stranger_holds_is_left_to_him(job):
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        program = job(agent=f"{EAGER},predictor_port={port}", trigger=1000)
        jvm.await_line(program, f"as port {port} is taken")
        predictor = predictor_of(program)
        assert port not in listening(predictor) and len(listening(predictor)) >= 1
        stranger.settimeout(0.5)
        with pytest.raises(TimeoutError):
            stranger.accept()
        leave(program)


def test_two_drivers_do_not_disturb_each_other(job):
    port = free_port()
    options = f"{EAGER},predictor_port={port}"
    first = job(agent=options, trigger=1000)
    jvm.await_line(first, f"listens on 127.0.0.1:{port}")
    second = job(agent=options, trigger=1000)
    jvm.await_line(second, f"as port {port} is taken")
    survivor = predictor_of(first)
    leave(second)
    for _ in range(3):
        first.line("batch ")
    # One that was starved of the processor is replaced, and that is said.
    assert predictor_of(first) == survivor or count_lines(first, "does not answer") > 0
    leave(first)


ENDINGS = {
    "exit": lambda program: program.say("exit 0"),
    "halt": lambda program: program.say("halt 0"),
    "SIGTERM": lambda program: program.process.send_signal(signal.SIGTERM),
    "SIGKILL": lambda program: program.process.kill(),
}


@pytest.mark.parametrize("stopped", [False, True], ids=["running", "stopped"])
@pytest.mark.parametrize("name", ENDINGS)
def test_no_predictor_outlives_its_driver(job, name, stopped):
    program = job(agent=EAGER, trigger=60000)
    jvm.await_line(program, "[Predictor] process")
    predictor = predictor_of(program)
    until(lambda: listening(predictor), "it listens")
    if stopped:
        os.kill(predictor, signal.SIGSTOP)
    ENDINGS[name](program)
    program.wait()
    until(lambda: is_gone(predictor), "the predictor outlives its driver", 10)
    assert [pid for pid in children(1) if not is_gone(pid) and pid == predictor] == []


def decisions_since(journal, wall_ms):
    return [line for line in events(journal, "decision") if line["wall_ms"] > wall_ms]


def early(lines):
    return [line for line in lines if line["fire"] and line["now_ns"] < line["own_ns"]]


def await_early(program, trigger_ms, count=3):
    """Until `count` batches in a row came well before their trigger."""
    end = time.monotonic() + jvm.DEADLINE_S
    row, last_ms = 0, None
    while row < count:
        assert time.monotonic() < end, program.transcript()
        now_ms = int(program.line("batch ").split()[2])
        row = row + 1 if last_ms is not None and now_ms - last_ms < 0.75 * trigger_ms else 0
        last_ms = now_ms


@pytest.mark.parametrize("choice", ["fallback", "adapt"])
def test_what_is_done_while_the_predictor_is_lost(job, tmp_path, choice):
    """Its program is taken away as it is killed, and comes back later."""
    journal, copy = tmp_path / "journal.jsonl", tmp_path / PROGRAM.name
    shutil.copy(PROGRAM, copy)
    program = job(agent=f"{EAGER},on_predictor_loss={choice},predictor_path={copy},journal={journal}", trigger=2000)
    await_early(program, 2000)
    copy.rename(tmp_path / "away")
    os.kill(predictor_of(program), signal.SIGKILL)
    jvm.await_line(program, "the predictor is lost")
    lost_ms = round(time.time() * 1000)
    if choice == "fallback":
        assert count_lines(program, "fallback to the job's own schedule") == 1
        until(lambda: len([line for line in decisions_since(journal, lost_ms) if line["blind"]]) >= 6, "blind decisions")
        # One wait may have been decided on before.
        assert early([line for line in decisions_since(journal, lost_ms) if line["blind"]]) == []
    else:
        until(lambda: len(early(decisions_since(journal, lost_ms))) >= 3, "early triggers while it is lost")
        assert not any(line["blind"] for line in events(journal, "decision"))
    (tmp_path / "away").rename(copy)
    jvm.await_line(program, "the predictor is back")
    back_ms = round(time.time() * 1000)
    until(lambda: len(early(decisions_since(journal, back_ms))) >= 2, "early triggers once it is back")
    leave(program)
    assert " 0 faults" in program.agent_lines()[-1]
    replays(journal)


def test_a_predictor_that_only_fails_is_not_started_for_ever(job, tmp_path):
    failing = tmp_path / "predictor"
    failing.write_text("#!/bin/sh\nexit 7\n")
    failing.chmod(0o755)
    program = job(agent=f"{EAGER},on_predictor_loss=adapt,predictor_path={failing}", trigger=1000)
    await_lines(program, "ended with code 7", 5)
    waits = [line.rpartition("again ")[2] for line in program.err if "ended with code 7" in line]
    assert waits[:5] == ["at once", "in 0.25 s", "in 0.5 s", "in 1 s", "in 2 s"]
    leave(program)
    assert " 0 faults" in program.agent_lines()[-1]


@contextlib.contextmanager
def shared_predictor(port, *flags):
    process = subprocess.Popen([PROGRAM, "--port", str(port), *flags], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: listening(process.pid), "it listens")
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()


def test_a_shared_predictor_is_used_and_never_killed(job):
    port = free_port()
    program = job(agent=f"{EAGER},predictor=127.0.0.1:{port}", trigger=1000)
    jvm.await_line(program, f"127.0.0.1:{port} cannot be connected to (Connection refused)")
    with shared_predictor(port) as process:
        jvm.await_line(program, f"connected to 127.0.0.1:{port}")
        jvm.await_line(program, "query orders: forecasts begin")
        process.send_signal(signal.SIGSTOP)
        jvm.await_line(program, f"127.0.0.1:{port} does not answer")
        process.send_signal(signal.SIGCONT)
        jvm.await_line(program, "forecasts are back")
        assert process.poll() is None and children(program.pid) == {}
    leave(program)


@pytest.mark.parametrize("token, said", [("right", None), ("wrong", "refuses us"), ("missing", "hello is said without")])
def test_a_shared_predictor_asks_for_its_token(job, tmp_path, token, said):
    port, right, given = free_port(), tmp_path / "right", tmp_path / token
    right.write_text("5" * 64 + "\n")
    right.chmod(0o600)
    if token == "wrong":
        given.write_text("6" * 64 + "\n")
    with shared_predictor(port, "--token-file", right):
        options = f"{EAGER},log_level=debug,predictor=127.0.0.1:{port},predictor_token_file={given}"
        program = job(agent=options, trigger=1000)
        jvm.await_line(program, said or f"connected to 127.0.0.1:{port}")
        for _ in range(4):
            program.line("batch ")
        # What a query observes is taken from those only that have said hello.
        assert (count_lines(program, "needs a hello") == 0) == (token != "missing")
        leave(program)


def answer_to(port, token, message):
    """What a predictor says, after a hello that it takes."""
    with socket.create_connection(("127.0.0.1", port), timeout=jvm.DEADLINE_S) as client:
        answers = client.makefile()
        for said in ({"op": "hello", "token": token}, message):
            client.sendall(json.dumps({"v": 1, **said}).encode() + b"\n")
            answer = json.loads(answers.readline())
            assert said is message or answer.get("ok") is True, answer
        return answer


def ask_to_change(port, token, **change):
    """As the dashboard does, or `adaptivestream set`."""
    answer = answer_to(port, token, {"op": "set", "query": "orders", "origin": "test", **change})
    assert answer.get("ok") is True, answer


def token_file(folder):
    path = folder / "token"
    path.write_text(TOKEN + "\n")
    path.chmod(0o600)
    return path


def status_of(port, token):
    """Of the one query; {} while there is none."""
    return next(iter(answer_to(port, token, {"op": "status"})["queries"]), {})


def test_what_is_asked_to_change_is_done(job, tmp_path):
    port, token, journal = free_port(), token_file(tmp_path), tmp_path / "journal.jsonl"
    with shared_predictor(port, "--token-file", token):
        options = f"{EAGER},predictor=127.0.0.1:{port},predictor_token_file={token},journal={journal}"
        program = job(agent=options, trigger=1000)
        jvm.await_line(program, "query orders: forecasts begin")

        ask_to_change(port, TOKEN, mode="monitoring")
        jvm.await_line(program, "as test asked, mode monitoring, goal balanced, budget 1 from now on")
        changed_ms = round(time.time() * 1000)
        until(lambda: len(early(decisions_since(journal, changed_ms))) >= 6, "it goes on deciding")
        starts = [line["start_ns"] for line in events(journal, "trigger") if line["wall_ms"] > changed_ms + 1500]
        origin_ns = events(journal, "start")[0]["origin_ns"]
        cells = [(start_ns - origin_ns) // 10**9 for start_ns in starts]
        assert len(cells) > 1 and len(set(cells)) == len(cells), "decisions were acted on"

        ask_to_change(port, TOKEN, mode="active", goal="strict", budget=2)
        jvm.await_line(program, "mode active, goal strict, budget 2 from now on; learning begins anew")
        changed_ms = round(time.time() * 1000)
        until(lambda: len(early(decisions_since(journal, changed_ms))) >= 3, "early triggers under the new goal")
        leave(program)
    first, second = events(journal, "start")
    assert (first["goal"], first["budget"]) == ("balanced", 1) and (second["goal"], second["budget"]) == ("strict", 2)
    assert len(events(journal, "summary")) == 2 and " 0 faults" in program.agent_lines()[-1]
    assert [(line["origin"], line["mode"], line["goal"], line["budget"]) for line in events(journal, "change")] == [
        ("test", "monitoring", "balanced", 1), ("test", "active", "strict", 2)]
    replays(journal)


def test_a_config_file_that_is_changed_is_followed(job, tmp_path):
    port, token, journal, config = free_port(), token_file(tmp_path), tmp_path / "journal.jsonl", tmp_path / "agent.conf"
    config.write_text("goal=latency\n")
    with shared_predictor(port, "--token-file", token):
        program = job(agent=f"{EAGER},predictor=127.0.0.1:{port},predictor_token_file={token},journal={journal},config={config}", trigger=1000)
        jvm.await_line(program, "query orders: forecasts begin")
        config.write_text("goal=fast\n")
        jvm.await_line(program, f"{config}:1: goal=fast")
        config.write_text("goal=cost\nbudget=0.9\n")
        jvm.await_line(program, "as the config file asked, mode active, goal cost, budget 0.9 from now on")
        told = until(lambda: [query for query in told_of(port, token).values() if query["config"].get("origin") == "file"], "it is told")
        assert (told[0]["config"]["goal"], told[0]["config"]["budget"]) == ("cost", 0.9)
        leave(program)
    assert [(line["origin"], line["goal"], line["budget"]) for line in events(journal, "change")] == [("file", "cost", 0.9)]
    assert [line["goal"] for line in events(journal, "start")] == ["latency", "cost"]
    replays(journal)
    assert [(change["what"], change["origin"]) for change in changes_shown_of(journal)] == [("goal cost, budget 0.9", "file")]


def changes_shown_of(journal):
    """On the page of `adaptivestream dashboard JOURNAL`."""
    shown = subprocess.Popen([jvm.BUILD / "adaptivestream", "dashboard", journal, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
    try:
        page = re.search(r"http://[0-9.:]+/", shown.stdout.readline()).group(0)
        with urllib.request.urlopen(page + "api/details?query=orders", timeout=jvm.DEADLINE_S) as answer:
            return json.load(answer)["options_changed"]
    finally:
        shown.send_signal(signal.SIGINT)
        shown.wait(jvm.DEADLINE_S)
        shown.stdout.close()


def told_of(port, token):
    """What `adaptivestream status --json` knows of the queries."""
    status = [jvm.BUILD / "adaptivestream", "status", "--json", "--port", str(port), "--token-file", token]
    done = subprocess.run(status, capture_output=True, text=True, timeout=jvm.DEADLINE_S)
    assert done.returncode == 0, done.stderr
    return {query["query"]: query for query in json.loads(done.stdout)["queries"]}


def test_a_query_that_is_stopped_has_ended(job, tmp_path):
    port, token = free_port(), token_file(tmp_path)
    with shared_predictor(port, "--token-file", token):
        program = job(agent=f"{EAGER},predictor=127.0.0.1:{port},predictor_token_file={token},update_period=30s", trigger=1000)
        jvm.await_line(program, f"connected to 127.0.0.1:{port}")
        until(lambda: "orders" in told_of(port, token), "the query is told of")
        for _ in range(3):
            program.line("batch ")
        program.ask("stop")
        # At once, not with the next update in half a minute: the driver may end before that.
        told = until(lambda: [query for query in told_of(port, token).values() if query["state"] == "ended"], "it has ended", 20)
        assert told[0]["stats"]["own"]["batches"] > 0
        leave(program)


@pytest.mark.parametrize("forecaster", ["auto", "none"])
def test_disabled_leaves_a_query_alone_until_it_is_called_back(job, tmp_path, forecaster):
    """Long before there is a history to be forecast from."""
    port, token, journal = free_port(), token_file(tmp_path), tmp_path / "journal.jsonl"
    with shared_predictor(port, "--token-file", token):
        options = f"{EAGER},forecaster={forecaster},predictor=127.0.0.1:{port},predictor_token_file={token},journal={journal}"
        program = job(agent=options, trigger=1000)
        jvm.await_line(program, f"connected to 127.0.0.1:{port}")
        until(lambda: status_of(port, TOKEN).get("query") == "orders", "it is known")

        ask_to_change(port, TOKEN, mode="disabled")
        jvm.await_line(program, "as test asked, mode disabled")
        until(lambda: status_of(port, TOKEN).get("state") == "disabled", "it is told")
        decisions = len(events(journal, "decision"))
        triggers = len(events(journal, "trigger"))
        until(lambda: len(events(journal, "trigger")) >= triggers + 3, "triggers go on")
        assert len(events(journal, "decision")) == decisions

        ask_to_change(port, TOKEN, mode="active")
        jvm.await_line(program, "as test asked, mode active")
        until(lambda: len(events(journal, "decision")) > decisions + 3, "decisions go on")
        leave(program)
    replays(journal)


@pytest.mark.parametrize("mode", ["monitoring", "disabled"])
def test_a_default_trigger_that_is_no_longer_governed_runs_as_fast_as_before(job, tmp_path, mode):
    port, token = free_port(), token_file(tmp_path)
    with shared_predictor(port, "--token-file", token):
        options = f"warmup=0,default_trigger=govern,predictor=127.0.0.1:{port},predictor_token_file={token}"
        program = job(agent=options, trigger=0)
        until(lambda: status_of(port, TOKEN).get("query") == "orders", "it is known")
        ask_to_change(port, TOKEN, mode=mode)
        jvm.await_line(program, f"as test asked, mode {mode}")
        while not program._lines.empty():
            program._lines.get()
        times = [int(program.line("batch ").split()[2]) for _ in range(22)]
        assert sorted(later - earlier for earlier, later in zip(times, times[1:]))[10] < 500
        ask_to_change(port, TOKEN, mode="active")
        jvm.await_line(program, "as test asked, mode active")
        leave(program)


def test_a_shared_predictor_that_talks_nonsense_harms_nobody(job):
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        program = job(agent=f"{EAGER},on_predictor_loss=adapt,predictor=127.0.0.1:{port}", trigger=2000)
        stranger.settimeout(jvm.DEADLINE_S)
        for nonsense in (b"\xff\x00{[\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"x" * 200000):
            client, _ = stranger.accept()
            with contextlib.suppress(OSError):
                client.sendall(nonsense)
            jvm.await_line(program, "it is connected to again")
            client.close()
        await_early(program, 2000)
        leave(program)
    assert " 0 faults" in program.agent_lines()[-1]


@contextlib.contextmanager
def full_pipe():
    """The end to write to of a pipe that is full and that nobody reads."""
    read_end, write_end = os.pipe()
    try:
        os.set_blocking(write_end, False)
        for size in (4096, 1):
            with contextlib.suppress(BlockingIOError):
                while True:
                    os.write(write_end, b"x" * size)
        os.set_blocking(write_end, True)
        yield write_end
    finally:
        os.close(read_end)
        os.close(write_end)


def test_a_stderr_that_nobody_reads_holds_up_neither_job_nor_predictor(job, tmp_path):
    journal = tmp_path / "journal.jsonl"
    with full_pipe() as stderr:
        program = job(agent=f"{EAGER},log_level=debug,journal={journal}", trigger=1000, stderr=stderr)
        for _ in range(6):
            program.line("batch ")
        predictor = predictor_of(program)
        until(lambda: listening(predictor), "a port of the predictor")
        # One that stood still behind a line of its own would have announced nothing, and be replaced after 3 s.
        for _ in range(6):
            program.line("batch ")
        assert predictor_of(program) == predictor
        leave(program)
    assert len(events(journal, "summary")) == 1


def test_a_normal_exit_leaves_no_token_file_behind(job, tmp_path):
    kept = []
    for attempt in range(6):  # a busy machine may not let the predictor end in its 20 ms, but hardly each time
        folder = tmp_path / str(attempt)
        folder.mkdir(mode=0o700)
        program = job(agent=EAGER, trigger=1000, variables={"XDG_RUNTIME_DIR": str(folder)})
        until(lambda: list(folder.rglob("*.token")), "a token file")
        jvm.await_line(program, "listens on 127.0.0.1")
        leave(program)
        kept = [path.name for path in folder.rglob("*.token")]
        if not kept:
            return
    raise AssertionError(f"left behind: {kept}")

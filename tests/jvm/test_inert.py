"""Where there is no job to govern the agent is not there: no output, no thread, no descriptor."""

import os
import pathlib
import time

import jvm
import pytest

# The JVM starts and stops compiler threads as it likes, unless told not to.
STEADY = "-XX:-UseDynamicNumberOfCompilerThreads"
SETTLED_S = 20  # by then the JVM's own threads have all started


def threads(pid):
    return sorted(path.read_text().strip() for path in pathlib.Path(f"/proc/{pid}/task").glob("*/comm"))


def descriptors(pid):
    """What they point to, without the numbers of pipes and sockets."""
    targets = []
    for path in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        targets.append(os.readlink(path).split("[")[0])
    return sorted(targets)


def test_a_jvm_without_spark_shows_no_trace(start):
    plain, with_agent = (start("standin.Bare", STEADY, agent=agent, checks=False) for agent in (None, ""))
    for program in (plain, with_agent):
        program.line("up")
    end = time.monotonic() + SETTLED_S
    for look in (threads, descriptors):
        while look(plain.pid) != look(with_agent.pid) and time.monotonic() < end:
            time.sleep(0.1)
        assert look(plain.pid) == look(with_agent.pid)
    for program in (plain, with_agent):
        program.process.stdin.close()
        assert program.wait() == 0
        assert (program.out, program.err) == (["up"], []), program.transcript()


def test_a_log_file_is_made_for_jobs_only(start, job, tmp_path):
    program = start("standin.Bare", agent=f"log={tmp_path}/log,journal={tmp_path}/journal")
    program.process.stdin.close()
    assert program.wait() == 0
    assert list(tmp_path.iterdir()) == []

    program = job(agent=f"log={tmp_path}/log,warmup=0", trigger=1000)
    jvm.await_text(tmp_path / "log", "query orders (id ")
    program.ask("stop")
    program.say("exit 0")
    assert program.wait() == 0
    assert program.agent_lines() == []


@pytest.mark.parametrize("agent", ["", "gaol=cost", "mode=disabled", "log_level=debug"])
def test_the_launcher_is_left_alone(start, agent):
    """spark-class runs what this JVM prints, and hears its stderr."""
    program = start("org.apache.spark.launcher.Main", agent=agent)
    program.line("command 700")
    program.process.stdin.close()
    assert program.wait() == 0
    assert (program.out, program.err) == (["command 700"], []), program.transcript()


def test_an_unknown_spark_is_left_alone(jdk, classes, start, tmp_path):
    """Here the executor keeps its interval in a field of another name."""
    source = jvm.HERE / "java/org/apache/spark/sql/execution/streaming/ProcessingTimeExecutor.java"
    changed = tmp_path / source.name
    text = source.read_text()
    for old in ("long intervalMs;", "this.intervalMs", "return intervalMs;"):
        assert old in text
        text = text.replace(old, old.replace("intervalMs", "period"))
    changed.write_text(text)
    other = tmp_path / "classes"
    other.mkdir()
    jvm.compile_java(jdk, other, ["-cp", classes, changed])
    program = start("standin.Waits", agent="", classpath=f"{other}:{classes}")
    assert program.wait() == 0
    assert program.out[-1] == "native true false", program.transcript()
    assert "ProcessingTimeExecutor has no field" in program.agent_lines()[0]
    assert len(program.agent_lines()) == 1

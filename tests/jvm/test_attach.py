"""Loading the agent into a JVM that runs already: jcmd PID JVMTI.agent_load."""

import jvm
from test_query import CLEAN_STOPS, EAGER, await_early_batches, keeps_its_own_schedule, leave, stop


def test_a_running_query_is_governed_from_its_next_wait(jdk, job):
    program = job(trigger=2000)
    program.line("batch ")
    assert program.ask("native") == "false false"
    assert "return code: 0" in jvm.attach(jdk, program.pid, EAGER)
    await_early_batches(program, 2000)
    assert program.ask("native") == "true true"
    assert stop(program) in CLEAN_STOPS
    leave(program)
    lines = program.agent_lines()
    assert any("attached; each query is looked at" in line for line in lines), program.transcript()
    assert any("query orders (id " in line and ": governed" in line for line in lines), program.transcript()


def test_queries_that_call_all_the_time_survive_it(jdk, job):
    """A class rewritten before its natives link would end them with an UnsatisfiedLinkError."""
    program = job(trigger=10, rate=5000, queries=3)
    program.line("batch ")
    assert "return code: 0" in jvm.attach(jdk, program.pid, "warmup=0")
    jvm.await_line(program, "query orders-3 (id ")
    for _ in range(50):
        program.line("batch ")
    assert stop(program) in CLEAN_STOPS
    leave(program)
    assert "UnsatisfiedLinkError" not in program.transcript()


def test_a_second_load_is_refused(jdk, job):
    program = job(agent=EAGER, trigger=1000)
    await_early_batches(program, 1000)
    answer = jvm.attach(jdk, program.pid, "goal=cost")
    assert "return code: 1" in answer, answer
    await_early_batches(program, 1000)
    leave(program)
    assert len([line for line in program.agent_lines() if "a second load is refused" in line]) == 1
    assert len([line for line in program.agent_lines() if ": governed" in line]) == 1


def test_wrong_options_leave_the_job_alone_and_may_be_put_right(jdk, job):
    program = job(trigger=1000)
    program.line("batch ")
    assert "return code: 1" in jvm.attach(jdk, program.pid, "gaol=cost")
    keeps_its_own_schedule(program, 1000)
    assert "return code: 0" in jvm.attach(jdk, program.pid, EAGER)
    await_early_batches(program, 1000)
    leave(program)
    assert 'did you mean "goal"?' in program.agent_lines()[0]


def test_a_jvm_without_spark_keeps_running(jdk, start):
    program = start("standin.Bare")
    program.line("up")
    jvm.attach(jdk, program.pid)
    program.process.stdin.close()
    assert program.wait() == 0
    assert program.complaints() == []

"""The two rewritten methods on threads that run no query: nobody can tell them from Spark's own."""

AGENT = "native true true"
SPARK = "native false false"


def facts(start, agent):
    program = start("standin.Waits", agent=agent)
    assert program.wait() == 0, program.transcript()
    return program


def test_interval_wait_and_interrupt_are_as_without_the_agent(start):
    plain, rewritten = facts(start, None), facts(start, "")
    assert plain.out[-1] == SPARK and rewritten.out[-1] == AGENT
    assert rewritten.out[:-1] == plain.out[:-1]
    assert len(plain.out) > 10
    assert rewritten.agent_lines() == []


def test_plain_waits_show_the_expected_facts(start):
    out = facts(start, "").out
    assert [line for line in out if line.startswith("interval")] == [
        "interval 0",
        "interval 1",
        "interval 700",
        "interval 2000",
        "interval 9223372036854775807",
        "interval refused",
    ]
    assert [line for line in out if line.startswith("wait")] == [
        "wait 300 truthful",
        "wait 0 truthful",
        "wait -5000 truthful",
    ]
    # Thread.sleep() clears the flag when it throws; a target in the past never sleeps.
    assert [line for line in out if line.startswith("interrupted")] == [
        "interrupted during kept=false",
        "interrupted before kept=false",
        "interrupted past kept=true",
    ]

"""Beside another agent that rewrites, retransforms and redefines the same classes; and with classes from a CDS archive."""

import subprocess
import zipfile

import jvm
import pytest
from test_query import EAGER, await_early_batches, leave, stop

MANIFEST = """Premain-Class: standin.SecondAgent
Can-Retransform-Classes: true
Can-Redefine-Classes: true
"""


@pytest.fixture(scope="session")
def second_agent(classes, tmp_path_factory):
    jar = tmp_path_factory.mktemp("second") / "second-agent.jar"
    with zipfile.ZipFile(jar, "w") as archive:
        archive.writestr("META-INF/MANIFEST.MF", MANIFEST)
        for file in (classes / "standin").glob("SecondAgent*.class"):
            archive.write(file, f"standin/{file.name}")
    return f"-javaagent:{jar}"


@pytest.mark.parametrize("first", ["ours", "theirs"])
@pytest.mark.parametrize("touch", ["retransform", "redefine"])
def test_both_agents_do_their_work(job, second_agent, first, touch):
    flags = [jvm.agent_flag(EAGER), second_agent]
    program = job(*(flags if first == "ours" else reversed(flags)), trigger=1000)
    assert program.ask("native") == "true true"
    await_early_batches(program, 1000)
    for _ in range(2):
        assert program.ask(touch) == "done"
        assert program.ask("native") == "true true"
        assert program.ask("parked") == "native"
        await_early_batches(program, 1000)
    stop(program)
    leave(program)
    assert len([line for line in program.agent_lines() if "governed" in line]) == 1


def test_classes_from_an_archive_are_rewritten_too(jdk, classes, start, tmp_path):
    """Class-data sharing hands out parsed classes; the hook must see their bytes all the same."""
    jar, archive = tmp_path / "job.jar", tmp_path / "job.jsa"
    with zipfile.ZipFile(jar, "w") as packed:
        for file in classes.rglob("*.class"):
            packed.write(file, file.relative_to(classes))
    dump = [jdk / "bin" / "java", "-XX:+UseSerialGC", f"-XX:ArchiveClassesAtExit={archive}", "-cp", jar, "standin.Waits"]
    subprocess.run(dump, check=True, capture_output=True, env=jvm.environment(), timeout=jvm.DEADLINE_S)
    program = start("standin.Waits", f"-XX:SharedArchiveFile={archive}", "-Xshare:on", agent="", classpath=jar, checks=False)
    assert program.wait() == 0, program.transcript()
    assert program.out[-1] == "native true true"
    assert program.agent_lines() == []

import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import jvm  # noqa: E402

JDKS = jvm.find_jdks()


def jdk_parameters():
    """Every JDK found, and a skip in the place of a wanted one that is not there."""
    homes = dict(JDKS)
    for version in sorted({*homes, *jvm.WANTED_JDKS}):
        missing = pytest.mark.skip(reason=f"JDK {version} not found: not tested")
        yield pytest.param(homes.get(version), id=f"jdk{version}", marks=() if version in homes else missing)


def pytest_generate_tests(metafunc):
    if "jdk" in metafunc.fixturenames:
        metafunc.parametrize("jdk", jdk_parameters())


@pytest.fixture(scope="session", autouse=True)
def some_jdk():
    assert JDKS, f"no JDK {jvm.OLDEST_JDK} or later: set JAVA_HOME to one"


@pytest.fixture(scope="session")
def classes(tmp_path_factory):
    """The folder of the compiled stand-ins."""
    target = tmp_path_factory.mktemp("classes")
    jvm.compile_java(JDKS[0][1], target, sorted((jvm.HERE / "java").rglob("*.java")))
    return target


@pytest.fixture
def start(jdk, classes):
    """start(main, *flags, agent=options or None) -> Program. Afterwards none is left running, and none has complained."""
    programs = []

    def starter(main, *flags, agent=None, classpath=classes, checks=True, **more):
        assert jvm.AGENT.exists(), f"{jvm.AGENT} is not there: run `make build`, or set ADAPTIVESTREAM_BUILD"
        agent_flags = [] if agent is None else [jvm.agent_flag(agent)]
        program = jvm.Program(jdk, main, [*agent_flags, *flags], classpath, checks, **more)
        programs.append(program)
        return program

    yield starter
    for program in programs:
        program.kill()
    assert [program.complaints() for program in programs if program.complaints()] == []


@pytest.fixture
def job(start):
    """job(agent=..., trigger=2000, ...) -> the stand-in query as a Program."""

    def starter(*flags, agent=None, variables=None, stderr=subprocess.PIPE, **properties):
        properties.setdefault("name", "orders")
        settings = [f"-D{key}={value}" for key, value in properties.items()]
        return start("standin.Job", *settings, *flags, agent=agent, variables=variables, stderr=stderr)

    return starter

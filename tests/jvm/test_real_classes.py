"""The class rewriter on the classes of real Sparks: what javap sees, what a JVM accepts, what mutations do to them."""

import os
import re
import shutil
import subprocess

import jvm
import pytest
import sparks
from class_files import ClassPath

METHODS = {"executor": ("intervalMs", "()J", "intervalMs", "J"), "clock": ("waitTillTime", "(J)J", "minPollTime", "J")}


def targets(spark):
    return {"executor": sparks.package(spark) + "ProcessingTimeExecutor", "clock": sparks.CLOCK}


@pytest.fixture(scope="module", params=sparks.known(), ids=lambda spark: spark.version)
def spark(request):
    if not sparks.jars(request.param):
        pytest.skip(sparks.missing(request.param))
    return request.param


def extract(spark, folder):
    classpath = ClassPath(sparks.jars(spark))
    for target, name in targets(spark).items():
        (folder / f"{target}.class").write_bytes(classpath.bytes_of(name))
    classpath.close()
    return folder


@pytest.fixture(scope="module")
def originals(spark, tmp_path_factory):
    return extract(spark, tmp_path_factory.mktemp("originals"))


def rewrite(source, output, name, shape):
    command = [jvm.BUILD / "tests" / "rewrite_class", source, output, name, *shape]
    return subprocess.run(command, capture_output=True, text=True, timeout=jvm.DEADLINE_S)


@pytest.fixture(scope="module")
def rewritten(spark, originals, tmp_path_factory):
    folder = tmp_path_factory.mktemp("rewritten")
    for target, name in targets(spark).items():
        result = rewrite(originals / f"{target}.class", folder / f"{target}.class", name, METHODS[target])
        assert result.returncode == 0, result.stderr
    return folder


def javap(files):
    """Its view of each class: {member's declaration: its lines}. Constants are compared by text, not by number."""
    command = [jvm.find_jdks()[0][1] / "bin" / "javap", "-v", "-p", *files]
    text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=jvm.DEADLINE_S).stdout
    classes = re.split(r"^Classfile ", text, flags=re.MULTILINE)[1:]
    bodies = [part[part.index("\n{\n") + 3 :] for part in classes]
    return [{block.split("\n", 1)[0].strip(): block for block in re.split(r"\n\n", body)} for body in bodies]


def declared(members, method):
    return next(name for name in members if f" {method}(" in name)


def test_only_the_one_method_changes(originals, rewritten):
    files = [folder / f"{target}.class" for target in METHODS for folder in (originals, rewritten)]
    views = javap(files)
    assert len(views) == len(files)
    for target, before, after in zip(METHODS, views[::2], views[1::2]):
        method = METHODS[target][0]
        old, new = declared(before, method), declared(after, method)
        assert "ACC_NATIVE" not in before[old] and "Code:" in before[old]
        assert "ACC_NATIVE" in after[new] and "Code:" not in after[new]
        assert re.sub(r"\bnative ", "", new) == old
        del before[old], after[new]
        assert after == before and len(after) > 3


@pytest.mark.parametrize("target", METHODS)
def test_a_second_pass_changes_nothing(spark, rewritten, tmp_path, target):
    output = tmp_path / "twice"
    result = rewrite(rewritten / f"{target}.class", output, targets(spark)[target], METHODS[target])
    assert (result.returncode, output.exists()) == (1, False)
    assert "native already" in result.stderr


@pytest.mark.parametrize("target", METHODS)
def test_an_unknown_shape_is_left_alone(spark, originals, tmp_path, target):
    method, descriptor, field, field_type = METHODS[target]
    for shape in [(method, descriptor, "elsewhere", field_type), (method, "(I)I", field, field_type)]:
        output = tmp_path / "out"
        result = rewrite(originals / f"{target}.class", output, targets(spark)[target], shape)
        assert (result.returncode, output.exists()) == (1, False)
        assert "has no" in result.stderr


def test_a_verifying_jvm_takes_what_the_agent_makes_of_them(start, spark, classes):
    classpath = os.pathsep.join(map(str, [*sparks.jars(spark), classes]))  # Spark before its stand-ins
    executor = targets(spark)["executor"].replace("/", ".")
    program = start("standin.RealSpark", f"-Dexecutor={executor}", agent="", classpath=classpath)
    assert program.wait() == 0, program.transcript()
    assert program.out == ["native true true", "interval 700", "wait truthful"], program.transcript()
    assert program.agent_lines() == []


def fuzzer():
    """The command of the replay: under sanitizers where `make asan` has built it, as `make test` does before this."""
    sanitized = jvm.BUILD.with_name("build-asan") / "tests" / "fuzz_classfile"
    if not sanitized.exists():
        return [jvm.BUILD / "tests" / "fuzz_classfile"]
    # As in tools/test.sh: the sanitizers claim fixed address ranges.
    prefix = ["setarch", os.uname().machine, "--addr-no-randomize"]
    allowed = shutil.which("setarch") and subprocess.run([*prefix, "true"], capture_output=True).returncode == 0
    return [*(prefix if allowed else []), sanitized]


def test_cut_and_mutated_classes_are_harmless(originals):
    """Every truncation and 20000 mutations."""
    result = subprocess.run(
        [*fuzzer(), originals],
        capture_output=True,
        text=True,
        env={**os.environ, "FUZZ_TRUNCATE": "65536"},
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    assert "2 files" in result.stdout

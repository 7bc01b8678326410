"""The class rewriter on the classes of the pinned Spark: what javap sees, what a JVM accepts, what mutations do to it."""

import os
import re
import shutil
import subprocess
import zipfile

import jvm
import pytest

EXECUTOR = "org/apache/spark/sql/execution/streaming/ProcessingTimeExecutor"
CLOCK = "org/apache/spark/util/SystemClock"
TARGETS = {EXECUTOR: ["intervalMs", "()J", "intervalMs", "J"], CLOCK: ["waitTillTime", "(J)J", "minPollTime", "J"]}


@pytest.fixture(scope="module")
def originals(spark_home, tmp_path_factory):
    folder = tmp_path_factory.mktemp("originals")
    for jar in sorted((spark_home / "jars").glob("spark-*.jar")):
        with zipfile.ZipFile(jar) as archive:
            for name in archive.namelist():
                if name.removesuffix(".class") in TARGETS:
                    archive.extract(name, folder)
    assert all((folder / f"{name}.class").exists() for name in TARGETS)
    return folder


def rewrite(source, target, name, *shape):
    target.parent.mkdir(parents=True, exist_ok=True)
    command = [jvm.BUILD / "tests" / "rewrite_class", source, target, name, *shape]
    return subprocess.run(command, capture_output=True, text=True, timeout=jvm.DEADLINE_S)


@pytest.fixture(scope="module")
def rewritten(originals, tmp_path_factory):
    folder = tmp_path_factory.mktemp("rewritten")
    for name, shape in TARGETS.items():
        result = rewrite(originals / f"{name}.class", folder / f"{name}.class", name, *shape)
        assert result.returncode == 0, result.stderr
    return folder


def members(jdk, file):
    """javap's view of a class: {member's declaration: its lines}. Constants are compared by text, not by number."""
    command = [jdk / "bin" / "javap", "-v", "-p", file]
    text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=jvm.DEADLINE_S).stdout
    body = text[text.index("\n{\n") + 3 :]
    return {block.split("\n", 1)[0].strip(): block for block in re.split(r"\n\n", body)}


def declared(members_of_class, method):
    return next(name for name in members_of_class if f" {method}(" in name)


@pytest.mark.parametrize("name", TARGETS, ids=["executor", "clock"])
def test_only_the_one_method_changes(jdk, originals, rewritten, name):
    method = TARGETS[name][0]
    before = members(jdk, originals / f"{name}.class")
    after = members(jdk, rewritten / f"{name}.class")
    old, new = declared(before, method), declared(after, method)
    assert "ACC_NATIVE" not in before[old] and "Code:" in before[old]
    assert "ACC_NATIVE" in after[new] and "Code:" not in after[new]
    assert re.sub(r"\bnative ", "", new) == old
    del before[old], after[new]
    assert after == before and len(after) > 3


@pytest.mark.parametrize("name", TARGETS, ids=["executor", "clock"])
def test_a_second_pass_changes_nothing(rewritten, tmp_path, name):
    result = rewrite(rewritten / f"{name}.class", tmp_path / "twice", name, *TARGETS[name])
    assert (result.returncode, (tmp_path / "twice").exists()) == (1, False)
    assert "native already" in result.stderr


@pytest.mark.parametrize("name", TARGETS, ids=["executor", "clock"])
def test_an_unknown_shape_is_left_alone(originals, tmp_path, name):
    method, descriptor, field, field_type = TARGETS[name]
    for shape in [(method, descriptor, "elsewhere", field_type), (method, "(I)I", field, field_type)]:
        result = rewrite(originals / f"{name}.class", tmp_path / "out", name, *shape)
        assert (result.returncode, (tmp_path / "out").exists()) == (1, False)
        assert "has no" in result.stderr


@pytest.mark.parametrize("name", TARGETS, ids=["executor", "clock"])
def test_a_verifying_jvm_loads_it(jdk, rewritten, spark_home, classes, name):
    classpath = os.pathsep.join([str(rewritten), f"{spark_home}/jars/*", str(classes)])  # Spark before its stand-ins
    wanted = [name.replace("/", "."), TARGETS[name][0]]
    command = [jdk / "bin" / "java", "-Xverify:all", "-cp", classpath, "standin.LoadClass", *wanted]
    result = subprocess.run(command, capture_output=True, text=True, env=jvm.environment(), timeout=jvm.DEADLINE_S)
    assert (result.returncode, result.stdout) == (0, "native\n"), result.stderr


def fuzzer():
    """The command of the replay: under sanitizers where `make asan` has built it, as `make test` does before this."""
    sanitized = jvm.BUILD.with_name("build-asan") / "tests" / "fuzz_classfile"
    if not sanitized.exists():
        return [jvm.BUILD / "tests" / "fuzz_classfile"]
    # As in tools/test.sh: the sanitizers claim fixed address ranges.
    prefix = ["setarch", os.uname().machine, "--addr-no-randomize"]
    allowed = shutil.which("setarch") and subprocess.run([*prefix, "true"], capture_output=True).returncode == 0
    return [*(prefix if allowed else []), sanitized]


def test_cut_and_mutated_classes_are_harmless(originals, tmp_path):
    """Every truncation and 20000 mutations."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for name in TARGETS:
        shutil.copy(originals / f"{name}.class", corpus)
    environment = {**os.environ, "FUZZ_TRUNCATE": "65536"}
    result = subprocess.run(
        [*fuzzer(), corpus],
        capture_output=True,
        text=True,
        env=environment,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    assert "2 files" in result.stdout

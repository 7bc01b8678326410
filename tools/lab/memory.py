"""What the agent's library takes in a process: its mappings, and what it has allocated (counted by
tests/jvm/count_allocations.c in a JVM of stand-in queries)."""

import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import time

from lab.environment import ROOT, LabError, agent, built

sys.path.insert(0, str(ROOT / "tests" / "jvm"))
import jvm  # noqa: E402

HEADER = struct.Struct("4q")  # blocks, bytes, peak bytes, missed: see counted_t
MAPPING = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+\s*(.*)$")
FIGURES = ("Size", "Rss", "Pss", "Private_Dirty")


def mappings(pid, name="libadaptivestream.so"):
    """Sums of FIGURES in bytes over the mappings of a library, and of the anonymous one that follows it, which holds
    variables that begin as zero."""
    sums = dict.fromkeys(FIGURES, 0)
    counts, end = False, None
    with open(f"/proc/{pid}/smaps", encoding="utf-8", errors="replace") as file:
        for line in file:
            found = MAPPING.match(line)
            if found:
                begin, path = int(found[1], 16), found[4]
                counts = path.endswith(name) or (counts and not path and begin == end)
                end = int(found[2], 16)
                continue
            key, _, value = line.partition(":")
            if counts and key in sums:
                sums[key] += int(value.split()[0]) * 1024
    return sums


def counted(path):
    """(bytes alive, blocks alive, sizes of the blocks, largest first)."""
    data = path.read_bytes()
    blocks, allocated, _, missed = HEADER.unpack_from(data)
    sizes = struct.unpack_from(f"{(len(data) - HEADER.size) // 8}q", data, HEADER.size)
    if missed:
        raise LabError(f"{missed} allocations found no place in the table of count_allocations.c")
    return allocated, blocks, sorted((size for size in sizes if size), reverse=True)


def compiled(home, classes):
    try:
        jvm.compile_java(home, classes, sorted((jvm.HERE / "java").rglob("*.java")))
    except subprocess.SubprocessError as error:
        raise LabError(f"the stand-ins in tests/jvm/java cannot be compiled: {error}") from error
    return classes


def allocations(queries, batches=5):
    """What the agent has allocated with so many governed queries, after a few batches of each, and its mappings there:
    {"bytes", "blocks", "sizes", "mappings"}."""
    homes = jvm.find_jdks()
    if not homes:
        raise LabError(f"no JDK {jvm.OLDEST_JDK} or later found: set JAVA_HOME to one")
    with tempfile.TemporaryDirectory(prefix="adaptivestream-memory-") as folder:
        folder = pathlib.Path(folder)
        classes = compiled(homes[0][1], folder / "classes")
        counter = folder / "counted"
        settings = {"LD_PRELOAD": str(built("tests/count_allocations.so")), "COUNT_FILE": str(counter),
                    "COUNT_LIBRARY": "libadaptivestream.so"}
        flags = [f"-agentpath:{agent()}=warmup=0,max_wait=200ms", "-Dname=orders", "-Dtrigger=1000",
                 f"-Dqueries={queries}"]
        program = jvm.Program(homes[0][1], "standin.Job", flags, classes, checks=False, variables=settings)
        try:
            for _ in range(batches * queries):
                program.line("batch ")
            await_governed(program, queries)
            allocated, blocks, sizes = counted(counter)
            return {"bytes": allocated, "blocks": blocks, "sizes": sizes, "mappings": mappings(program.pid)}
        except AssertionError as error:  # its way to say that a deadline has passed
            raise LabError(f"the stand-in JVM: {error}") from error
        finally:
            program.kill()


def await_governed(program, queries):
    end = time.monotonic() + jvm.DEADLINE_S
    while sum(": governed, trigger" in line for line in list(program.err)) < queries:
        if time.monotonic() > end:
            raise LabError(f"not all of {queries} stand-in queries were governed: {program.transcript()}")
        time.sleep(0.05)

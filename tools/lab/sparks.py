"""The Sparks of tools/spark/versions.txt, and what tools/setup.sh has fetched of them."""

import dataclasses
import functools
import os
import shlex
import subprocess

from lab.environment import ROOT, LabError

JDKS = (17, 25)  # the oldest and the newest that the agent is promised to work in


@dataclasses.dataclass(frozen=True)
class Spark:
    version: str
    newest_jdk: int
    scala: str
    connector: str

    def jdks(self):
        return [jdk for jdk in JDKS if jdk <= self.newest_jdk]


def known():
    lines = (ROOT / "tools" / "spark" / "versions.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines if line and not line.startswith("#")]
    return [Spark(version, int(jdk), scala, connector) for version, jdk, scala, connector, _ in rows]


@functools.lru_cache(maxsize=None)
def settings(version, *jdk):
    """What `tools/setup.sh env VERSION [JDK]` exports. LabError where that is not there, with the words of setup.sh."""
    command = [str(ROOT / "tools" / "setup.sh"), "env", version, *map(str, jdk)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        raise LabError(done.stderr.strip().replace("setup: ", "", 1))
    return dict(word.split("=", 1) for word in shlex.split(done.stdout) if "=" in word)


def use(version, jdk):
    """From now on drivers run on this Spark and JDK."""
    os.environ.update(settings(version, jdk))

"""One Kafka broker on loopback for as long as the `with` block lasts, through tools/kafka.sh."""

import os
import subprocess

from lab.environment import ROOT, LabError
from lab.processes import undisturbed

SCRIPT = os.environ.get("ADAPTIVESTREAM_KAFKA_SCRIPT", str(ROOT / "tools" / "kafka.sh"))


def _call(*arguments, timeout_s=120):
    # A session of its own keeps Ctrl-C from ending the script half-way; the owner's pid ends the broker anyhow.
    try:
        done = subprocess.run([SCRIPT, *map(str, arguments)], capture_output=True, text=True, timeout=timeout_s,
                              check=False, start_new_session=True)
    except subprocess.TimeoutExpired as error:
        raise LabError(f"tools/kafka.sh {arguments[0]} did not end within {timeout_s} s; is the machine overloaded? "
                       f"What Kafka said is in {arguments[1]}/kafka.log") from error
    if done.returncode != 0:
        raise LabError(f"tools/kafka.sh {arguments[0]} failed: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


class Kafka:
    def __init__(self, directory):
        self.directory = directory
        self.broker = None

    def __enter__(self):
        try:
            answer = _call("up", self.directory, "--owner", os.getpid())
            for line in answer.splitlines():
                if line.startswith("broker="):
                    self.broker = line.partition("=")[2].strip()
            if not self.broker:
                raise LabError(f"tools/kafka.sh up did not say where the broker is: {answer.strip()!r}")
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_):
        self.end()

    def topic(self, name, partitions, *settings):
        """`settings`: of the topic, "key=value" each."""
        _call("topic", self.directory, name, partitions, *settings)
        return name

    def grow(self, name, partitions):
        """Gives the topic more partitions."""
        _call("grow", self.directory, name, partitions)

    def end(self):
        with undisturbed():
            _call("down", self.directory)

"""Starts JVMs under test: finds JDKs, compiles the stand-ins, talks to a program line by line. Everything has a deadline."""

import os
import pathlib
import queue
import re
import shutil
import signal
import subprocess
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
BUILD = pathlib.Path(os.environ.get("ADAPTIVESTREAM_BUILD", PROJECT / "build")).resolve()
AGENT = BUILD / "libadaptivestream.so"

DEADLINE_S = 90  # for whatever a JVM is to do; generous, as other tests may share the machine
OLDEST_JDK = 17
WANTED_JDKS = (17, 25)  # the oldest and the newest that the agent is promised to work in

# What -Xcheck:jni and -Xverify:all find, they print on either stream.
JNI_COMPLAINT = re.compile(r"WARNING in native method|FATAL ERROR in native method|JNI local refs|VerifyError")


def _version(home):
    release = home / "release"
    if not (home / "bin" / "javac").exists() or not release.exists():
        return 0
    found = re.search(r'^JAVA_VERSION="(\d+)', release.read_text(), re.MULTILINE)
    return int(found.group(1)) if found else 0


def find_jdks():
    """(version, home) of JAVA_HOME or the `javac` on PATH, and of the JDKs beside it; one per version, oldest first."""
    start = os.environ.get("JAVA_HOME")
    if not start:
        javac = shutil.which("javac")
        start = pathlib.Path(javac).resolve().parents[1] if javac else None
    if not start:
        return []
    start = pathlib.Path(start).resolve()
    homes = [start, *sorted(start.parent.iterdir())]
    found = {}
    for home in homes:
        version = _version(home)
        if version >= OLDEST_JDK:
            found.setdefault(version, home.resolve())
    return sorted(found.items())


def compile_java(home, target, sources):
    """As class files of Java 8, which is what Spark 3 ships."""
    command = [home / "bin" / "javac", "--release", "8", "-Xlint:-options", "-d", target, *sources]
    subprocess.run(command, check=True, timeout=DEADLINE_S)


def environment(extra=None):
    """Options of the user's would show up on stderr, or load something else."""
    hidden = {"JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"}
    kept = {
        key: value
        for key, value in os.environ.items()
        if key not in hidden and not key.startswith("ADAPTIVESTREAM_")
    }
    return {**kept, **(extra or {})}


def agent_flag(options=""):
    return f"-agentpath:{AGENT}" + (f"={options}" if options else "")


def await_text(path, text):
    """Until the file has been written that far."""
    end = time.monotonic() + DEADLINE_S
    while not path.exists() or text not in path.read_text():
        assert time.monotonic() < end, f'no "{text}" in {path} within {DEADLINE_S} s'
        time.sleep(0.01)


def attach(home, pid, options=None):
    """What jcmd says of loading the agent into a running JVM."""
    words = [home / "bin" / "jcmd", str(pid), "JVMTI.agent_load", AGENT, *([f'"{options}"'] if options else [])]
    result = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=DEADLINE_S)
    return result.stdout + result.stderr


def await_line(program, text):
    """Until the program has written a line with this text on stderr."""
    end = time.monotonic() + DEADLINE_S
    while not any(text in line for line in list(program.err)):
        assert time.monotonic() < end, f'no "{text}" within {DEADLINE_S} s\n{program.transcript()}'
        time.sleep(0.01)


NOTICES = ("max_wait is shorter than the trigger's interval", "warm-up is over", "the budget is used up")


def is_notice(line):
    return any(notice in line for notice in NOTICES)


def heed_interrupts():
    """A shell without job control starts what runs in the background with SIGINT ignored, and a JVM keeps that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Program:
    """A running Java program. Its streams are read as they come, so that it never blocks on a full pipe; `stderr` is a
    descriptor to be given instead."""

    def __init__(self, home, main, flags, classpath, checks=True, variables=None, stderr=subprocess.PIPE):
        checked = ["-Xcheck:jni", "-Xverify:all"] if checks else []
        command = [home / "bin" / "java", "-XX:+UseSerialGC", *checked, *flags, "-cp", classpath, main]
        self.process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            env=environment(variables),
            preexec_fn=heed_interrupts,
        )
        self.pid = self.process.pid
        self.out, self.err = [], []
        self._lines = queue.Queue()
        self._readers = [
            threading.Thread(target=self._read, args=(stream, kept), daemon=True)
            for stream, kept in ((self.process.stdout, self.out), (self.process.stderr, self.err))
            if stream
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, stream, kept):
        for line in stream:
            kept.append(line.rstrip("\n"))
            if kept is self.out:
                self._lines.put(kept[-1])
        if kept is self.out:
            self._lines.put(None)

    def transcript(self):
        return "\n".join(["stdout:", *self.out, "stderr:", *self.err])

    def say(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def line(self, start, deadline_s=DEADLINE_S):
        """The next line of stdout that begins with `start`, without it."""
        end = time.monotonic() + deadline_s
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f'no line "{start}" within {deadline_s} s\n{self.transcript()}') from None
            if line is None:
                raise AssertionError(f'ended without a line "{start}"\n{self.transcript()}')
            if line.startswith(start):
                return line[len(start) :].strip()

    def ask(self, command):
        """The rest of the answering line, which repeats the command's first word, as in "stopped" for "stop"."""
        self.say(command)
        return self.line(command.split()[0])

    def wait(self, deadline_s=DEADLINE_S):
        """The exit code, once both streams are read to their end."""
        code = self.process.wait(timeout=deadline_s)
        for reader in self._readers:
            reader.join(timeout=deadline_s)
        return code

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in filter(None, (self.process.stdin, self.process.stdout, self.process.stderr)):
            try:
                stream.close()
            except BrokenPipeError:
                pass

    def complaints(self):
        return [line for line in self.out + self.err if JNI_COMPLAINT.search(line)]

    def agent_lines(self):
        """What the agent said of starts, faults and ends: how often the regime changed in between depends on timing."""
        return [line for line in self.err if "[AdaptiveStream]" in line and not is_notice(line)]

    def notices(self):
        return [line for line in self.err if "[AdaptiveStream]" in line and is_notice(line)]

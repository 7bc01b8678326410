"""Child processes that never outlive us: each leads a process group of its own, which is ended by its id."""

import contextlib
import os
import signal
import subprocess
import time


def unwind_on_signals():
    """Makes SIGTERM and SIGHUP leave through the context managers, as Ctrl-C does."""

    def leave(number, _frame):
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGHUP, leave)


@contextlib.contextmanager
def undisturbed():
    """Holds back Ctrl-C and SIGTERM while we clean up, so that a second one cannot leave a process behind."""
    held = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, held)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def group_alive(leader):
    """Whether any process of the group is left that is more than a zombie waiting for its parent."""
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", encoding="ascii", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == leader and fields[0] not in "ZX":
            return True
    return False


class Child:
    """A process with its output in a file, or stdout in a second one. Its group is ended on leaving the `with` block,
    whatever happened."""

    def __init__(self, arguments, output, environment=None, stdout=None, grace_s=10):
        self.grace_s = grace_s
        self.output = output
        with open(output, "ab") as errors, open(stdout or os.devnull, "ab") as own:
            self.process = subprocess.Popen(
                [str(argument) for argument in arguments], stdin=subprocess.DEVNULL, stdout=own if stdout else errors,
                stderr=errors, env=environment, start_new_session=True)
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def running(self):
        return self.process.poll() is None

    def wait(self, timeout_s):
        """The exit code, or None when it still runs after the timeout."""
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None

    def signal_group(self, number):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def end(self):
        with undisturbed():
            if group_alive(self.pid):
                self.signal_group(signal.SIGTERM)
                if not wait_for(lambda: self.process.poll() is not None and not group_alive(self.pid),
                                self.grace_s):
                    self.signal_group(signal.SIGKILL)
            self.process.wait()

    def tail(self, lines=15):
        with open(self.output, encoding="utf-8", errors="replace") as file:
            return "".join(file.readlines()[-lines:])


def wait_for(condition, timeout_s, every_s=0.05):
    """The condition's value as soon as it is true, or its last value when the time is over."""
    end = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value or time.monotonic() >= end:
            return value
        time.sleep(every_s)


def cpu_seconds(pid):
    """User and system time of a process so far."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

"""Child processes that never outlive us: each leads a process group of its own, which is ended by its id."""

import contextlib
import ctypes
import os
import signal
import subprocess
import time

PR_SET_PDEATHSIG = 1  # linux/prctl.h
prctl = ctypes.CDLL(None).prctl


def unwind_on_signals():
    """Makes SIGTERM and SIGHUP leave through the context managers, as Ctrl-C does."""

    def leave(number, _frame):
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGHUP, leave)


@contextlib.contextmanager
def undisturbed():
    """Holds back Ctrl-C and SIGTERM while we start or clean up, so that none can leave a process behind. Yields the
    signal mask from before; what was held back is raised on leaving."""
    held = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, held)
    try:
        yield before
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


def end_with(parent, mask):
    """Called in a new process before it becomes its program: it is to get SIGTERM when its parent dies, be it by
    kill -9, and not to inherit a mask that would keep it from hearing that."""
    prctl(PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGTERM))
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    if os.getppid() != parent:  # died before the first line
        os._exit(1)


class Child:
    """A process with its output in a file, or stdout in a second one. It starts on entering the `with` block; its group
    is ended on leaving it, whatever happened."""

    def __init__(self, arguments, output, environment=None, stdout=None, grace_s=10):
        self.arguments = [str(argument) for argument in arguments]
        self.output = output
        self.environment = environment
        self.stdout = stdout
        self.grace_s = grace_s
        self.process = None

    def __enter__(self):
        try:
            with undisturbed() as mask:
                self.start(mask)
        except BaseException:  # Python calls no __exit__ for it
            self.end()
            raise
        return self

    def __exit__(self, *_):
        self.end()

    def start(self, mask):
        parent = os.getpid()
        with open(self.output, "ab") as errors, open(self.stdout or os.devnull, "ab") as own:
            self.process = subprocess.Popen(
                self.arguments, stdin=subprocess.DEVNULL, stdout=own if self.stdout else errors, stderr=errors,
                env=self.environment, start_new_session=True, preexec_fn=lambda: end_with(parent, mask))
        self.pid = self.process.pid

    def exit_code(self):
        """None while it runs. Looking does not reap it: as long as it is a zombie, the kernel gives its number, which is
        the group's too, to nobody else."""
        if self.process.returncode is not None:
            return self.process.returncode
        ended = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if ended is None:
            return None
        return ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status

    def running(self):
        return self.exit_code() is None

    def wait(self, timeout_s):
        """The exit code, or None when it still runs after the timeout."""
        wait_for(lambda: not self.running(), timeout_s)
        return self.exit_code()

    def signal_group(self, number):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def end(self):
        if self.process is None or self.process.returncode is not None:
            return
        with undisturbed():
            if group_alive(self.pid):
                self.signal_group(signal.SIGTERM)
                if not wait_for(lambda: not group_alive(self.pid), self.grace_s):
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


def _cpu_of(stat):
    """The name in a stat file of /proc, and user and system time so far."""
    with open(stat, encoding="ascii", errors="replace") as file:
        name, _, rest = file.read().partition("(")[2].rpartition(")")
    fields = rest.split()
    return name, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """User and system time of a process so far."""
    return _cpu_of(f"/proc/{pid}/stat")[1]


class CompilerTime:
    """CPU seconds of a JVM's compiler threads. Such a thread may end when it has been idle, and takes its time out of the
    list of threads: so look often, what was seen is kept."""

    def __init__(self, pid):
        self.pid = pid
        self.threads = {}

    def seconds(self):
        for thread in os.listdir(f"/proc/{self.pid}/task"):
            with contextlib.suppress(OSError):  # it has just ended
                name, seconds = _cpu_of(f"/proc/{self.pid}/task/{thread}/stat")
                if "CompilerThre" in name:  # cut to 15 characters by the kernel
                    self.threads[thread] = seconds
        return sum(self.threads.values())

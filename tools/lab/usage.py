"""What processes have used of the machine, from /proc."""

import contextlib
import os

from lab.processes import cpu_seconds


def parents():
    """{pid: its parent's} of all processes."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{entry}/stat", encoding="ascii", errors="replace") as file:
                found[int(entry)] = int(file.read().rpartition(")")[2].split()[1])
    return found


def descendants(root, table=None):
    """The pids of the processes below `root`, without it."""
    table = parents() if table is None else table
    found, last = set(), {root}
    while last:
        last = {pid for pid, parent in table.items() if parent in last} - found
        found |= last
    return found


def machine_busy_s():
    """Seconds that all processors together have worked since the machine started, and those stolen by its host."""
    with open("/proc/stat", encoding="ascii") as file:
        ticks = [int(word) for word in file.readline().split()[1:]]
    # user nice system idle iowait irq softirq steal; guest time is in user already
    busy = sum(ticks[index] for index in (0, 1, 2, 5, 6, 7))
    return busy / os.sysconf("SC_CLK_TCK")


def peak_resident_mb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0


class Share:
    """How much of the machine others took since it began. look() often: a process that has ended takes its time along, and
    what was seen of it is kept. `roots`: the pids of what is ours besides this process and those below it."""

    def __init__(self, roots, clock):
        self.roots, self.clock = roots, clock
        self.used = {}
        self.begun = {}
        self.begin_s, self.begin_busy_s = clock(), machine_busy_s()
        self.look()
        self.begun = dict(self.used)

    def look(self):
        table = parents()
        ours = {os.getpid(), *self.roots}
        for root in list(ours):
            ours |= descendants(root, table)
        for pid in ours:
            with contextlib.suppress(OSError):
                self.used[pid] = cpu_seconds(pid)

    def others(self):
        """0 to 1, of all processors."""
        self.look()
        own_s = sum(used - self.begun.get(pid, 0) for pid, used in self.used.items())
        passed_s = (self.clock() - self.begin_s) * os.cpu_count()
        busy_s = machine_busy_s() - self.begin_busy_s
        return min(max((busy_s - own_s) / passed_s, 0.0), 1.0) if passed_s > 0 else 0.0

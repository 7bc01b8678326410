#!/usr/bin/env python3
"""Includes in src/ point downwards only, and the pure modules know no clock, socket, thread or JVM.

    check_layers.py SRC            one line a violation; exit 1 if there is any
    check_layers.py --self-check   shows on a small tree that every rule is able to fail
"""
import re
import sys
import tempfile
from pathlib import Path

# Which modules a module may include, besides itself. The order of src/CMakeLists.txt, bottom first.
MAY_INCLUDE = {
    "common": set(),
    "traffic": {"common"},
    "forecast": {"traffic", "common"},
    "control": {"common"},
    "protocol": {"common"},
    "advice": {"control", "forecast", "traffic", "common"},
    "monitor": {"control", "protocol", "common"},
    "client": {"common"},
    "generator": {"client", "traffic", "common"},
    "benchmark": {"client", "advice", "control", "forecast", "protocol", "traffic", "common"},
    "agent": {"control", "protocol", "common"},
    "predictor": {"monitor", "advice", "control", "forecast", "protocol", "traffic", "common"},
    "cli": {"agent", "predictor", "monitor", "protocol", "benchmark", "generator", "client", "advice", "control", "forecast", "traffic",
            "common"},
}
PURE_MODULES = {"common", "traffic", "forecast", "control", "advice", "protocol"}
# Parts of the agent that the fuzzers and unit tests link without a JVM.
PURE_FILES = {"agent/classfile.c", "agent/classfile.h", "agent/partitions.c", "agent/partitions.h"}
# What the dashboard knows and says, without its server.
PURE_FILES |= {"monitor/%s.%s" % (name, end) for name in ("explain", "guard", "history", "metrics", "report", "store", "waits", "words")
               for end in "ch"}
# A log line carries the time of day and comes from any thread.
MAY_KNOW_THE_CLOCK = {"common/log.c"}

JVM_HEADERS = {"jni.h", "jvmti.h", "jni_md.h"}
IMPURE = re.compile(r"\b(clock_gettime|gettimeofday|time|nanosleep|usleep|sleep|socket|connect|pthread_\w+)\s*\(")
IMPURE_HEADERS = {"pthread.h", "sys/socket.h", "sys/time.h", "threads.h", "netdb.h"}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^">]+)[">]', re.MULTILINE)
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
STRING = re.compile(r'"(?:\\.|[^"\\\n])*"')


def violations_in(path, name):
    module = name.split("/")[0]
    text = COMMENT.sub(" ", path.read_text(encoding="utf-8"))
    pure = (module in PURE_MODULES or name in PURE_FILES) and name not in MAY_KNOW_THE_CLOCK
    if module not in MAY_INCLUDE:
        yield "%s: module %s has no place in the order: add it to MAY_INCLUDE" % (name, module)
        return
    for header in INCLUDE.findall(text):
        target = header.split("/")[0]
        if header in JVM_HEADERS:
            if module != "agent" or name in PURE_FILES:
                yield "%s: includes %s; only the JVM side of src/agent knows the JVM" % (name, header)
        elif "/" in header and target in MAY_INCLUDE:
            if target != module and target not in MAY_INCLUDE[module]:
                yield "%s: includes %s; %s may include only %s" % (
                    name, header, module, ", ".join(sorted(MAY_INCLUDE[module] | {module})))
        elif header.startswith(".") or (path.parent / header).exists():
            yield "%s: includes %s; name it by its module, as in %s/%s" % (
                name, header, module, Path(header).name)
        elif pure and header in IMPURE_HEADERS:
            yield "%s: includes %s; a pure module knows no thread, socket or clock" % (name, header)
    if pure:
        for call in IMPURE.findall(STRING.sub('""', text)):
            yield "%s: calls %s(); in a pure module time is an argument" % (name, call)


def violations(source):
    found = []
    files = sorted(path for path in source.rglob("*.[ch]") if path.parent != source)
    for path in files:
        found.extend(violations_in(path, path.relative_to(source).as_posix()))
    return files, found


SELF_CHECK = [
    # file, its text, what must be said about it (None: nothing)
    ("common/good.c", '#include "common/good.h"\n#include <stdio.h>\n', None),
    ("common/log.c", "#include <time.h>\nvoid f(void) { clock_gettime(0, 0); }\n", None),
    ("control/words.c", '/* no socket() here, and no time() */ const char *s = "time(";\n', None),
    ("control/names.c", "double x = mean_time(3) + runtime (2);\n", None),
    ("agent/view.c", '#include <jni.h>\n#include "control/a.h"\n#include <pthread.h>\n', None),
    ("common/up.c", '#include "control/governor.h"\n', "common may include only common"),
    ("agent/traffic.c", '#include "traffic/shape.h"\n', "agent may include only agent, common, control, protocol"),
    ("generator/control.c", '  # include "control/a.h"\n', "generator may include only"),
    ("client/generator.c", '#include "generator/run.h"\n', "client may include only client, common"),
    ("control/sideways.c", '#include "traffic/shape.h"\n', "control may include only"),
    ("forecast/control.c", '#include "control/governor.h"\n', "forecast may include only common, forecast, traffic"),
    ("cli/jvm.c", "#include <jvmti.h>\n", "knows the JVM"),
    ("agent/classfile.c", "#include <jni.h>\n", "knows the JVM"),
    ("control/clock.c", "double f(void) { return clock_gettime(0, 0); }\n", "time is an argument"),
    ("traffic/net.c", "int f(void) { return socket (1, 2, 3); }\n", "calls socket()"),
    ("common/lock.c", "void f(void) { pthread_mutex_lock(0); }\n", "calls pthread_mutex_lock()"),
    ("traffic/thread.c", "#include <pthread.h>\n", "includes pthread.h"),
    ("cli/dots.c", '#include "../control/a.h"\n', "name it by its module"),
    ("novel/a.c", "int a;\n", "has no place in the order"),
]


def self_check():
    with tempfile.TemporaryDirectory() as folder:
        for name, text, _ in SELF_CHECK:
            path = Path(folder) / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        _, found = violations(Path(folder))
    failures = 0
    for name, _, expected in SELF_CHECK:
        lines = [line for line in found if line.startswith(name + ":")]
        if expected is None and lines or expected is not None and not any(expected in line for line in lines):
            print("self-check: %s: expected %r, found %r" % (name, expected, lines))
            failures += 1
    print("self-check: %d trees, %d wrong" % (len(SELF_CHECK), failures))
    return failures


def main(arguments):
    if arguments == ["--self-check"]:
        return 1 if self_check() else 0
    if len(arguments) != 1:
        sys.stderr.write(__doc__)
        return 2
    files, found = violations(Path(arguments[0]))
    for line in found:
        print(line)
    print("%d files, %d violations" % (len(files), len(found)))
    # No files at all means the wrong folder, not a clean one.
    return 1 if found or not files else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

#!/usr/bin/env python3
"""The agent's library rides in a foreign process: it needs libc and libm only, shows nothing but what the
JVM looks for, and runs on older systems than the one it was built on.

    check_agent_library.py LIBRARY    one line a violation; exit 1 if there is any
"""
import re
import subprocess
import sys

MAY_NEED = {"libc.so.6", "libm.so.6"}
# Some architectures name the loader beside libc.
LOADER = re.compile(r"^(ld-linux.*|ld64)\.so\.\d+$")
MUST_EXPORT = "Agent_OnLoad"
MAY_EXPORT = re.compile(r"^(Agent_OnLoad|Agent_OnAttach|Java_(adaptivestream|org_apache_spark)_\w+)$")
# Debian 12, Ubuntu 22.04 and Red Hat 9 have this one or a newer one.
NEWEST_GLIBC = (2, 34)


def readelf(option, library):
    result = subprocess.run(["readelf", "--wide", option, library], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, universal_newlines=True)
    if result.returncode != 0:
        sys.exit("readelf %s %s: %s" % (option, library, result.stdout.strip()))
    return result.stdout


def exported(symbols):
    """The defined global symbols of a --dyn-syms table: Num Value Size Type Bind Vis Ndx Name."""
    for line in symbols.splitlines():
        columns = line.split()
        if len(columns) >= 8 and columns[4] in ("GLOBAL", "WEAK", "UNIQUE") and columns[6] != "UND":
            yield columns[7].split("@")[0]


def main(arguments):
    if len(arguments) != 1:
        sys.stderr.write(__doc__)
        return 2
    library = arguments[0]
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", readelf("--dynamic", library))
    symbols = readelf("--dyn-syms", library)
    exports = sorted(set(exported(symbols)))
    versions = {tuple(map(int, v.split("."))) for v in re.findall(r"GLIBC_([0-9.]+)", symbols)}

    found = ["needs %s" % name for name in needed if name not in MAY_NEED and not LOADER.match(name)]
    found += ["exports %s" % name for name in exports if not MAY_EXPORT.match(name)]
    if MUST_EXPORT not in exports:
        found.append("does not export %s" % MUST_EXPORT)
    if not any(name.startswith("Java_org_apache_spark_") for name in exports):
        found.append("exports no native method of Spark")
    found += ["needs GLIBC_%d.%d" % version[:2] for version in sorted(versions) if version[:2] > NEWEST_GLIBC]

    for line in found:
        print("%s: %s" % (library, line))
    print("needs %s; exports %s; GLIBC baseline %s" % (
        ", ".join(needed), ", ".join(exports), ".".join(map(str, max(versions, default=("none",))))))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

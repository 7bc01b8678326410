"""Where things are: the repository, the built programs, and what tools/setup.sh has fetched."""

import os
import pathlib
import platform

ROOT = pathlib.Path(__file__).resolve().parents[2]


class LabError(Exception):
    """What failed and what to do, in one sentence; shown to people without a traceback."""


def build_folder():
    return pathlib.Path(os.environ.get("ADAPTIVESTREAM_BUILD", ROOT / "build")).resolve()


def built(name):
    path = build_folder() / name
    if not path.exists():
        raise LabError(f"{path} is missing; run `make build` first (or set ADAPTIVESTREAM_BUILD)")
    return path


def command():
    return str(built("adaptivestream"))


def agent():
    return str(built("libadaptivestream.so"))


def fetched(name):
    value = os.environ.get(name)
    if not value:
        raise LabError(f'{name} is not set; run `tools/setup.sh spark`, then `eval "$(tools/setup.sh env)"`')
    return value


def machine():
    """Facts that a result is worth nothing without; the load is that of the last minute."""
    return {
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
    }

"""One PostgreSQL server on a socket of its own for as long as the `with` block lasts: the sink of the benchmark's job
`postgres`. It needs the server's programs (Debian: postgresql); nothing is fetched."""

import glob
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile

from lab.environment import LabError
from lab.processes import Child, wait_for

READY_S = 60


def programs():
    """The folder of initdb and postgres: the newest of Debian's places, or that of PATH."""
    versions = glob.glob("/usr/lib/postgresql/*/bin/initdb")
    found = max(versions, key=lambda path: float(path.split("/")[4]), default=None) or shutil.which("initdb")
    if not found or not shutil.which("psql"):
        raise LabError("the job postgres needs PostgreSQL's server and psql; on Debian: apt-get install postgresql")
    return pathlib.Path(found).parent


def as_somebody(folder):
    """How to call the server's programs: it refuses to be root. The folder then belongs to its user."""
    if os.geteuid() != 0:
        return []
    try:
        user = pwd.getpwnam("postgres")
    except KeyError as error:
        raise LabError("PostgreSQL does not run as root, and there is no user postgres to run it as") from error
    os.chown(folder, user.pw_uid, user.pw_gid)
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--pdeathsig=TERM"]


class Postgres:
    def __init__(self, folder):
        self.log = pathlib.Path(folder) / "postgres.log"
        self.server = None

    def __enter__(self):
        binaries = programs()
        # Not below our records: its user may not be able to look into them.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="adaptivestream-postgres-"))
        try:
            prefix = as_somebody(self.folder)
            data = self.folder / "data"
            made = subprocess.run([*prefix, str(binaries / "initdb"), "-D", str(data), "-A", "trust", "-U", "postgres", "-N"],
                                  capture_output=True, text=True, check=False, timeout=120, cwd="/")
            if made.returncode != 0:
                raise LabError(f"initdb failed: {made.stderr.strip()}")
            # It writes all it has to the disk before it ends.
            self.server = Child([*prefix, binaries / "postgres", "-D", data, "-k", self.folder, "-h", ""], self.log, grace_s=60)
            self.server.__enter__()
            if not wait_for(self.answers, READY_S):
                raise LabError(f"PostgreSQL does not answer within {READY_S} s; what it said is in {self.log}")
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        if self.server:
            self.server.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def psql(self, query):
        return subprocess.run(["psql", "-X", "-At", "-h", str(self.folder), "-U", "postgres", "-c", query],
                              capture_output=True, text=True, check=False, timeout=60)

    def answers(self):
        return self.psql("SELECT 1").returncode == 0

    def number(self, query):
        done = self.psql(query)
        if done.returncode != 0:
            raise LabError(f"psql: {done.stderr.strip()}")
        return int(done.stdout.strip() or 0)

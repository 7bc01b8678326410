"""A Spark driver as a user would start it: spark-submit, and for a governed one the agent's single flag."""

import json
import os
import pathlib

from lab.environment import LabError, agent, fetched
from lab.processes import Child, wait_for

JOBS = pathlib.Path(__file__).resolve().parent


def submit_command(job, arguments, agent_options=None, settings=(), cores=2, main_class=None):
    """job: a Python file, or a jar with its main_class. agent_options: the text after libadaptivestream.so=, or None for a driver without the agent."""
    configuration = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        **dict(settings),
    }
    if agent_options is not None:
        configuration["spark.driver.extraJavaOptions"] = f"-agentpath:{agent()}={agent_options}"
    result = [os.path.join(fetched("ADAPTIVESTREAM_SPARK_HOME"), "bin", "spark-submit"),
              "--master", f"local[{cores}]", "--driver-memory", "1g",
              "--jars", fetched("ADAPTIVESTREAM_CONNECTOR_JARS")]
    for key, value in configuration.items():
        result += ["--conf", f"{key}={value}"]
    if main_class:
        result += ["--class", main_class]
    return result + [str(job), *map(str, arguments)]


def submit_environment(scratch):
    environment = dict(os.environ)
    python = fetched("ADAPTIVESTREAM_PYTHON")
    environment.update(SPARK_HOME=fetched("ADAPTIVESTREAM_SPARK_HOME"), PYSPARK_PYTHON=python,
                       PYSPARK_DRIVER_PYTHON=python, SPARK_LOCAL_DIRS=str(scratch), PYTHONUNBUFFERED="1",
                       SPARK_LOCAL_IP="127.0.0.1")
    return environment


class Submitted(Child):
    """spark-submit of any job, with stdout and stderr in `directory`. Its pid is the JVM's: spark-submit becomes it."""

    def __init__(self, job, arguments, directory, agent_options=None, settings=(), cores=2, main_class=None):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        command = submit_command(job, arguments, agent_options, settings, cores, main_class)
        super().__init__(command, self.directory / "driver.log",
                         submit_environment(self.directory / "scratch"), self.directory / "driver.out")

    def log(self):
        return self.output.read_text(encoding="utf-8", errors="replace")

    def printed(self):
        return (self.directory / "driver.out").read_text(encoding="utf-8", errors="replace")


class Driver(Submitted):
    """A driver whose job tells its state through small files in `directory`: ready (JSON), stop (asks it to end)."""

    def __init__(self, job, arguments, directory, agent_options=None, settings=(), cores=2):
        super().__init__(job, [*arguments, "--directory", directory], directory, agent_options, settings, cores)

    def wait_file(self, name, timeout_s):
        """The JSON that the job left under this name (written whole: by a rename)."""
        path = self.directory / name
        wait_for(lambda: path.exists() or not self.running(), timeout_s)
        if not path.exists():
            state = "still runs" if self.running() else f"ended with {self.exit_code()}"
            raise LabError(f"the driver did not write {name} within {timeout_s} s ({state}); "
                           f"the end of {self.output}:\n{self.tail()}")
        return json.loads(path.read_text(encoding="utf-8"))

    def check(self):
        if not self.running():
            raise LabError(f"the driver ended with {self.exit_code()}; the end of {self.output}:\n{self.tail()}")

    def stop(self, timeout_s=60):
        """Asks the job to end and waits for it."""
        (self.directory / "stop").touch()
        code = self.wait(timeout_s)
        if code != 0:
            raise LabError(f"the driver did not end well (exit code {code}); the end of {self.output}:\n{self.tail()}")

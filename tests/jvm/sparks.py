"""Where the classes of each Spark are: in which jars, and in which package."""

import pathlib
import sys

import jvm

sys.path.insert(0, str(jvm.PROJECT / "tools"))

from lab.environment import LabError  # noqa: E402
from lab.sparks import known, settings  # noqa: E402, F401

TO_4_0 = "org/apache/spark/sql/execution/streaming/"
FROM_4_1 = "org/apache/spark/sql/execution/streaming/runtime/"
LOGGING = ("slf4j-api-*.jar", "log4j-api-*.jar", "log4j-core-*.jar")
CLOCK = "org/apache/spark/util/SystemClock"


def package(spark):
    """Of StreamExecution and its neighbours."""
    return FROM_4_1 if tuple(map(int, spark.version.split("."))) >= (4, 1) else TO_4_0


def jars(spark):
    """With the Kafka connector, Scala and logging; [] where neither its classes nor the whole of it were fetched."""
    classes = pathlib.Path(_setting("3.5.7", "ADAPTIVESTREAM_CLASS_JARS", "/nonexistent"))
    if list(classes.glob(f"spark-sql_*-{spark.version}.jar")):
        patterns = (f"spark-*_{spark.scala}-{spark.version}.jar", f"spark-sql-kafka-*_{spark.scala}-{spark.connector}.jar",
                    f"scala-library-{spark.scala}.*.jar", *LOGGING)
        return sorted({jar for pattern in patterns for jar in classes.glob(pattern)})
    home = _setting(spark.version, "ADAPTIVESTREAM_SPARK_HOME", "")
    if not home:
        return []
    connector = _setting(spark.version, "ADAPTIVESTREAM_CONNECTOR_JARS", "").split(",")
    patterns = ("spark-*.jar", "scala-library-*.jar", *LOGGING)
    return sorted([*(jar for pattern in patterns for jar in (pathlib.Path(home) / "jars").glob(pattern)),
                   *map(pathlib.Path, connector)])


def missing(spark):
    return (f"no classes of Spark {spark.version}: run `tools/setup.sh classes`, "
            f"or `tools/setup.sh spark {spark.version}` for all of it")


def _setting(version, name, otherwise):
    try:
        return settings(version).get(name, otherwise)
    except LabError:
        return otherwise

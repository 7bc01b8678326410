"""The names by which the agent reads Spark through JNI, in every version: shows early what a new Spark has moved."""

import re

import jvm
import pytest
import sparks
from class_files import ACC_STATIC, ClassPath

CONNECTOR = "org/apache/spark/sql/connector/read/streaming/"
KAFKA = "org/apache/spark/sql/kafka010/"
PROGRESS = "org/apache/spark/sql/streaming/StreamingQueryProgress"
TEXT, NUMBER, YES_OR_NO, UUID, ANY = "()Ljava/lang/String;", "()J", "()Z", "()Ljava/util/UUID;", "()Ljava/lang/Object;"
OFFSET, LIMIT, OPTION = f"L{CONNECTOR}Offset;", f"L{CONNECTOR}ReadLimit;", "Lscala/Option;"
ITERATOR = "()Lscala/collection/Iterator;"

# Read of Java itself, and of Kafka's public client: they keep them.
OF_OTHERS = {"toString", "getName", "getCause", "hashCode", "currentThread", "longValue", "valueOf", "put", "entrySet", "getKey",
             "getValue", "getClassLoader", "loadClass", "topic", "partition", "listOffsets", "timeoutMs", "latest", "all", "offset"}
CALL = re.compile(r'\bjni_(?!fail|class|is_instance)\w+\s*\((?:[^"();]|\([^()]*\))*?((?:"[^"]*",?\s*)+)')
KEPT = re.compile(r'\{\s*"(\w+)",\s*"\(')  # a jni_method_t


def of_spark(package):
    """{class: its members}"""
    return {
        package + "ProcessingTimeExecutor": [("intervalMs", NUMBER), ("intervalMs", "J"),
                                             ("clock", "Lorg/apache/spark/util/Clock;")],
        sparks.CLOCK: [("waitTillTime", "(J)J")],
        package + "StreamExecution$$anon$1": [("$outer", f"L{package}StreamExecution;")],
        package + "MicroBatchExecution": [
            ("queryExecutionThread", f"()L{package}QueryExecutionThread;"),
            ("uniqueSources", "()Lscala/collection/immutable/Map;"),
            ("availableOffsets", f"()L{package}StreamProgress;"),
            ("isActive", YES_OR_NO), ("name", TEXT), ("id", UUID), ("runId", UUID),
            ("lastProgress", f"()L{PROGRESS};"), ("trigger", "()Lorg/apache/spark/sql/streaming/Trigger;"),
        ],
        package + "StreamProgress": [("get", "(Ljava/lang/Object;)Lscala/Option;")],
        PROGRESS: [("batchId", NUMBER), ("numInputRows", NUMBER)],
        CONNECTOR + "SupportsAdmissionControl": [("latestOffset", f"({OFFSET}{LIMIT}){OFFSET}"),
                                                 ("getDefaultReadLimit", f"(){LIMIT}")],
        CONNECTOR + "MicroBatchStream": [("latestOffset", f"(){OFFSET}"),
                                         ("deserializeOffset", f"(Ljava/lang/String;){OFFSET}")],
        CONNECTOR + "ReadLimit": [("allAvailable", f"(){LIMIT}")],
        CONNECTOR + "ReadAllAvailable": [],  # only its name
        CONNECTOR + "Offset": [("json", TEXT)],
        "scala/Option": [("isEmpty", YES_OR_NO), ("get", ANY)],
        "scala/Tuple2": [("_1", ANY), ("_2", ANY)],
        "scala/collection/immutable/Map": [("keysIterator", ITERATOR), ("iterator", ITERATOR)],
        "scala/collection/Iterator": [("hasNext", YES_OR_NO), ("next", ANY)],
    }


def of_kafka():
    return {
        KAFKA + "KafkaMicroBatchStream": [
            ("maxOffsetsPerTrigger", OPTION), ("minOffsetPerTrigger", OPTION),
            ("latestOffset", f"({OFFSET}{LIMIT}){OFFSET}"), ("deserializeOffset", f"(Ljava/lang/String;){OFFSET}"),
            ("kafkaOffsetReader", f"()L{KAFKA}KafkaOffsetReader;"),
        ],
        KAFKA + "KafkaOffsetReaderAdmin": [("_admin", "()Lorg/apache/kafka/clients/admin/Admin;"),
                                           ("isolationLevel", "()Lorg/apache/kafka/common/IsolationLevel;")],
        KAFKA + "KafkaSourceOffset": [("json", TEXT), ("partitionToOffsets", "()Lscala/collection/immutable/Map;")],
    }


STATIC = {"allAvailable"}


@pytest.fixture(scope="module", params=sparks.known(), ids=lambda spark: spark.version)
def classpath(request):
    jars = sparks.jars(request.param)
    if not jars:
        pytest.skip(sparks.missing(request.param))
    opened = ClassPath(jars)
    opened.package = sparks.package(request.param)
    yield opened
    opened.close()


def test_every_name_is_there(classpath):
    for name, members in {**of_spark(classpath.package), **of_kafka()}.items():
        assert classpath.class_file(name), f"no class {name}"
        for member, descriptor in members:
            flags = classpath.flags(name, member, descriptor)
            assert flags is not None, f"{name} has no {member} {descriptor}"
            assert bool(flags & ACC_STATIC) == (member in STATIC)


def test_a_name_that_is_not_there_is_missed(classpath):
    """Else the test above could not fail."""
    query = classpath.package + "MicroBatchExecution"
    assert classpath.flags(query, "isActive", NUMBER) is None
    assert classpath.flags(query, "uniqueOffsets", TEXT) is None
    assert classpath.class_file(query + "2") is None


def test_a_query_is_known_by_its_classes(classpath):
    """The stream thread leads to the query, and the query is known by MicroBatchExecution, its class or one above."""
    def above(name):
        return [each for each, _ in classpath.above(classpath.package + name)]

    assert classpath.package + "QueryExecutionThread" in above("StreamExecution$$anon$1")
    assert "org/apache/spark/util/UninterruptibleThread" in above("StreamExecution$$anon$1")
    assert classpath.package + "StreamExecution" in above("MicroBatchExecution")
    assert classpath.package + "MicroBatchExecution" not in above("ContinuousExecution")


def test_no_other_package_has_the_classes(classpath):
    """The agent looks for both layouts: a version that had both would be read by the wrong one."""
    other = sparks.TO_4_0 if classpath.package == sparks.FROM_4_1 else sparks.FROM_4_1
    for name in ("ProcessingTimeExecutor", "StreamExecution", "MicroBatchExecution"):
        assert classpath.class_file(other + name) is None


def names_in(source):
    """The methods and fields that C code reads: the first name among a call's texts, and that of every kept method."""
    yield from KEPT.findall(source)
    for found in CALL.finditer(source):
        texts = re.findall(r'"([^"]*)"', found.group(1))
        yield from [text for text in texts if re.fullmatch(r"\$?\w+", text)][:1]


def test_the_agent_reads_no_other_names():
    known = OF_OTHERS | {member for names in (of_spark(""), of_kafka()) for members in names.values() for member, _ in members}
    found = set()
    for file in sorted((jvm.PROJECT / "src" / "agent").glob("*.c")):
        found |= set(names_in(file.read_text(encoding="utf-8")))
    assert {"uniqueSources", "latestOffset", "maxOffsetsPerTrigger", "allAvailable", "_1"} <= found
    assert found <= known, "add what the agent has come to read to the tables above"

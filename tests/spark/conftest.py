"""One broker for all tests on real Spark; drivers are shared where tests only look at what one run left behind."""

import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from lab.kafka import Kafka  # noqa: E402
from lab.processes import unwind_on_signals  # noqa: E402
from lab.traffic import Traffic  # noqa: E402

JOBS = ROOT / "tests" / "spark" / "jobs"


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes minutes; not in `make test` but in `make test-slow`")


def pytest_sessionstart():
    unwind_on_signals()


@pytest.fixture(scope="session")
def kafka(tmp_path_factory):
    with Kafka(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


@pytest.fixture(scope="session")
def small_topic(kafka, tmp_path_factory):
    """(name, number of events) of a topic that is complete: for jobs that only have to read something."""
    name = kafka.topic("small", 2)
    folder = tmp_path_factory.mktemp("small-topic")
    with Traffic(kafka.broker, name, "phases=1000x0.5", folder) as traffic:
        sent = traffic.report()
    return name, sent["sent"]

"""A governed job on real Spark whose predictor is killed thirty times: the short form of `make bench-kills`."""

import pytest

from lab import kills

pytestmark = pytest.mark.slow

KILLS = 30
BACK_S = 0.3
# A new JVM opens files as it goes along (jars, the broker's connections), whatever its predictor does.
OF_SPARK = 16


@pytest.fixture(scope="module")
def report(kafka, tmp_path_factory):
    return kills.run(kafka, tmp_path_factory.mktemp("kills"), KILLS)


def test_the_output_is_the_same(report):
    assert report["running"]
    assert report["counted"] == [report["sent"]] * 2
    assert report["same_output"] and report["windows"] > 10


def test_forecasts_are_back_soon(report):
    """On a busy machine one in four may take longer."""
    assert len(report["back_s"]) == KILLS
    assert report["back_s"][KILLS * 3 // 4] < BACK_S, report["back_s"]


def test_nothing_is_left_in_the_driver(report):
    before, after = report["before"], report["after"]
    assert after["predictors"] == 1
    assert after["descriptors"] <= before["descriptors"] + OF_SPARK

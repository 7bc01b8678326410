"""The dashboard's page in a real Chromium beside a real Spark job with bursts: what it shows is what /metrics and the journal
say, a change made in it reaches the job's triggers, and it finds a predictor that was killed again."""

import contextlib
import http.client
import json
import os
import pathlib
import random
import signal
import socket
import sys

import pytest
from conftest import ROOT

from lab import journal, kills
from lab.processes import wait_for
from lab.traffic import Traffic, repeat

sys.path[:0] = [str(ROOT / "tests" / "browser"), str(ROOT / "tests" / "unit")]
import chromium  # noqa: E402
import test_dashboard  # noqa: E402

pytestmark = [pytest.mark.slow,
              pytest.mark.skipif(not chromium.find(), reason="no Chromium is here: tools/setup.sh browser, or set CHROMIUM to one")]

QUERY = "windows"  # of baselines/example_job.py
TRIGGER_NS = 2_000_000_000
# No whole number of triggers is as long as a cycle: otherwise bursts would meet the job's grid at the same place for ever, and at some
# places each trigger comes in a cell of its own. More cycles than are waited for: the traffic is ended with the test.
CYCLE, CYCLES = "100x5,1500x3.7", 60
FROZEN_TRIGGERS = 8  # one burst at least
DEADLINE_S = 60
EARLY_WITHIN_S = 150  # a loaded machine may be too slow for two batches in a cell for a while
DRAWN = "Number(document.body.dataset.drawn || 0)"


def free_port():
    """None of those that the system gives away: Spark takes many of them before ours is bound."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as taken, contextlib.suppress(OSError):
            taken.bind(("127.0.0.1", port))
            return port


def expect(what, condition, timeout_s=DEADLINE_S):
    assert wait_for(condition, timeout_s, every_s=0.1), f"within {timeout_s} s not: {what}"


class Job:
    """The job, the page of its predictor, and what else there is to know of it."""

    def __init__(self, driver, browser, folder, port, web):
        self.driver, self.browser, self.folder, self.port, self.web = driver, browser, folder, port, web

    def lines(self, event=None):
        return journal.read(self.folder / "journal.jsonl", QUERY, event)

    def metric(self, name):
        connection = http.client.HTTPConnection("127.0.0.1", self.web, timeout=DEADLINE_S)
        connection.request("GET", "/metrics")
        samples = test_dashboard.parse_metrics(connection.getresponse().read().decode())
        connection.close()
        return samples.get((name, '{query="%s"}' % QUERY))

    def token(self):
        folder = os.environ.get("XDG_RUNTIME_DIR")
        folder = pathlib.Path(folder, "adaptivestream") if folder else pathlib.Path("/tmp", f"adaptivestream-{os.getuid()}")
        return (folder / f"{self.port}.token").read_text(encoding="ascii").strip()

    def tile(self, label):
        return self.browser.evaluate("[...document.querySelectorAll('.tile')].find(tile => tile.textContent.startsWith(%s))"
                                     ".querySelector('.value').firstChild.textContent" % json.dumps(label))

    def text(self, element):
        return self.browser.evaluate("document.getElementById(%s).textContent" % json.dumps(element))

    def cells(self, after_line=0, last_line=None):
        """Of the job's own grid, the cell in which each trigger with events started, of those after a line of the journal."""
        lines = self.lines()
        origin_ns = next(line for line in lines if line["event"] == "start")["origin_ns"]
        return [(line["start_ns"] - origin_ns) // TRIGGER_NS for line in lines[after_line:last_line] if line["event"] == "trigger"]

    def early(self, after_line=0):
        """How many triggers came in the same cell as the one before: Spark alone never makes one, however late it runs."""
        cells = self.cells(after_line)
        return sum(earlier == later for earlier, later in zip(cells, cells[1:]))

    def press(self, button, mode):
        """Freezes or releases in the page; the number of lines that the journal has once the agent has taken it."""
        self.browser.evaluate("(() => { document.getElementById('change').token.value = '%s'; document.getElementById('freeze').click(); })()"
                              % self.token())

        def taken():
            return [number for number, line in enumerate(self.lines(), 1) if line["event"] == "change" and line["mode"] == mode]
        expect(f"{button} is in the journal", taken)
        change = self.lines()[taken()[-1] - 1]
        assert change["origin"] == "page"
        self.browser.wait_for("/mode %s, by page/.test(document.getElementById('changes').textContent)" % mode)
        self.browser.wait_for("document.getElementById('settings').textContent.includes('Mode%s')" % mode)
        return taken()[-1]


@pytest.fixture(scope="module")
def job(kafka, tmp_path_factory):
    folder, port, web = tmp_path_factory.mktemp("browser"), free_port(), free_port()
    topic = kafka.topic("browser", 2)
    options = f"warmup=2s,predictor_port={port},dashboard=127.0.0.1:{web},journal={folder / 'journal.jsonl'}"
    with kills.windows(kafka, topic, folder / "job", options) as driver:
        with Traffic(kafka.broker, topic, repeat(CYCLE, CYCLES), folder):
            expect("a governed query", lambda: journal.read(folder / "journal.jsonl", QUERY, "trigger"), 150)
            expect("the dashboard's address in the log", lambda: f"http://127.0.0.1:{web}" in driver.log())
            with chromium.Chromium() as browser:
                browser.open(f"http://127.0.0.1:{web}/#query={QUERY}")
                browser.wait_for(DRAWN)
                yield Job(driver, browser, folder, port, web)


def test_the_charts_move_with_the_bursts(job):
    assert job.text("name") == QUERY
    drawn = job.browser.evaluate(DRAWN)
    job.browser.wait_for(DRAWN + " >= %d" % (drawn + 3))
    # In words, as a screen reader is told: "Arrival rate: now 100/s, at most 1500/s."
    expect("a burst in the chart of arrivals", lambda: int(job.browser.evaluate(
        "(document.querySelector('#chart-arrivals').getAttribute('aria-label').match(/at most (\\d+)\\/s/) || [0, 0])[1]")) > 1000)
    expect("triggers in words", lambda: job.browser.evaluate("document.querySelectorAll('#log tr').length") > 3)


def test_the_numbers_are_those_of_the_metrics_and_the_journal(job):
    """All of them grow, each with its own delay: at some moment they are equal."""
    def equal():
        batches = job.lines("decision")[-1]["own_batches"]
        return batches > 0 and int(job.tile("Batches")) == batches == job.metric("adaptivestream_batches_total")
    expect("batches of page, metrics and journal agree", equal)

    def shadow_equal():
        return job.metric("adaptivestream_shadow_batches_total") == job.lines("decision")[-1]["shadow_batches"]
    expect("batches of the job's own trigger agree", shadow_equal)
    expect("events agree", lambda: job.metric("adaptivestream_events_total") == job.lines("decision")[-1]["own_events"])


def test_a_change_takes_effect_at_the_next_wait(job):
    expect("a trigger before its time", job.early, EARLY_WITHIN_S)
    frozen = job.press("Freeze", "monitoring")
    expect("triggers of the frozen query", lambda: len(job.cells(frozen)) >= FROZEN_TRIGGERS)
    released = job.press("Release", "active")
    cells = job.cells(frozen, released)[1:]  # the first trigger may belong to the wait that was under way
    assert len(cells) >= FROZEN_TRIGGERS - 1 and len(set(cells)) == len(cells), cells
    expect("a trigger before its time again", lambda: job.early(released), EARLY_WITHIN_S)


def errors_of(browser):
    """While there is no predictor the browser itself says so in the console, and a starved one is replaced; the page has nothing to add."""
    return [error for error in browser.errors if "net::ERR_" not in error]


def test_the_page_finds_a_predictor_that_was_killed(job):
    assert errors_of(job.browser) == []
    drawn = job.browser.evaluate(DRAWN)
    uptime_s = job.browser.evaluate("overview.predictor.uptime_s")
    os.kill(kills.predictors(job.driver.pid)[0], signal.SIGKILL)
    job.browser.wait_for("document.getElementById('link').className === 'link off'")
    job.browser.wait_for("document.getElementById('link').className === 'link on' && overview.predictor.uptime_s < %g" % uptime_s)
    job.browser.wait_for("overview.queries.length > 0 && %s > %d" % (DRAWN, drawn + 2))
    assert job.text("name") == QUERY
    assert errors_of(job.browser) == []
    assert job.driver.running()


def test_the_journal_replays(job):
    """What was changed at run time is in it, and it still gives the same decisions."""
    report = journal.replayed(job.folder / "journal.jsonl", QUERY)
    assert report["malformed"] == 0 and report["differing"] == 0 and report["decisions"] > 20

"""What deploy/ holds, as Prometheus reads it: a real one scrapes a real predictor, evaluates the alerts and answers every question
that the Grafana dashboard asks; promtool checks and tries the alerts. What needs Prometheus is skipped where there is none
(apt-get install prometheus). Grafana itself is not run: its dashboard is checked against
Grafana's types, and for what an import needs beyond them.

    python3 test_deploy.py PATH/TO/adaptivestream-predictor PATH/TO/adaptivestream [unittest arguments]
"""
import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "browser")]
import test_dashboard  # noqa: E402
from fake_agent import FakeAgent  # noqa: E402
from waiting import DEADLINE, wait_for  # noqa: E402

DEPLOY = HERE.parent.parent / "deploy"
RULES = DEPLOY / "prometheus" / "adaptivestream.rules.yml"
DASHBOARD = DEPLOY / "grafana" / "adaptivestream.json"
NO_PROMETHEUS = "no prometheus and promtool are here: apt-get install prometheus"
INSTALLED_WITHIN_S = 180
HAS_PROMETHEUS = shutil.which("prometheus") and shutil.which("promtool")

# Each alert is silent on what is as it should be, and speaks after its time.
TRIED = """
rule_files: [%s]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - {series: 'adaptivestream_state{query="good",state="active"}', values: '1x30'}
      - {series: 'adaptivestream_state{query="good",state="fallback"}', values: '0x30'}
      - {series: 'adaptivestream_state{query="bad",state="fallback"}', values: '1x30'}
      - {series: 'adaptivestream_oldest_pending_seconds{query="good"}', values: '5x30'}
      - {series: 'adaptivestream_oldest_pending_seconds{query="bad"}', values: '13x30'}
      - {series: 'adaptivestream_max_wait_seconds{query="good"}', values: '4x30'}
      - {series: 'adaptivestream_max_wait_seconds{query="bad"}', values: '4x30'}
      - {series: 'adaptivestream_last_observation_timestamp_seconds{query="good"}', values: '0+60x30'}
      - {series: 'adaptivestream_last_observation_timestamp_seconds{query="bad"}', values: '0x30'}
      - {series: 'adaptivestream_last_observation_timestamp_seconds{query="over"}', values: '0x30'}
      - {series: 'adaptivestream_oldest_pending_seconds{query="over"}', values: '13x30'}
      - {series: 'adaptivestream_max_wait_seconds{query="over"}', values: '4x30'}
      - {series: 'adaptivestream_state{query="over",state="ended"}', values: '1x30'}
      - {series: 'up{job="adaptivestream",instance="here"}', values: '1x30'}
      - {series: 'up{job="adaptivestream",instance="gone"}', values: '0x30'}
    alert_rule_test:
      - {alertname: AdaptiveStreamFallback, eval_time: 3m, exp_alerts: []}
      - alertname: AdaptiveStreamFallback
        eval_time: 6m
        exp_alerts:
          - exp_labels: {severity: warning, query: bad, state: fallback}
            exp_annotations: {summary: "bad is no longer decided for: fallback",
              description: "The job runs on its own schedule. `adaptivestream status` and the driver's log say why."}
      - {alertname: AdaptiveStreamGone, eval_time: 3m, exp_alerts: []}
      - alertname: AdaptiveStreamGone
        eval_time: 6m
        exp_alerts:
          - exp_labels: {severity: warning, job: adaptivestream, instance: gone}
            exp_annotations: {summary: "There are no metrics of gone", description: "The driver has ended, or its dashboard cannot be reached."}
      - {alertname: AdaptiveStreamBacklog, eval_time: 8m, exp_alerts: []}
      - alertname: AdaptiveStreamBacklog
        eval_time: 12m
        exp_alerts:
          - exp_labels: {severity: critical, query: bad}
            exp_annotations: {summary: "bad does not keep up: the oldest pending event is 13s old",
              description: "Batches take longer than events need to arrive. The trigger cannot help; the job needs more resources."}
      - {alertname: AdaptiveStreamSilent, eval_time: 9m, exp_alerts: []}
      - alertname: AdaptiveStreamSilent
        eval_time: 15m
        exp_alerts:
          - exp_labels: {severity: warning, query: bad}
            exp_annotations: {summary: "Nothing has been heard of bad for 15m 0s",
              description: "The driver is stuck, or gone without a word, or it cannot reach the predictor."}
  - interval: 1m
    input_series:
      - {series: 'adaptivestream_batches_total{query="good"}', values: '0+33x400'}
      - {series: 'adaptivestream_batches_total{query="bad"}', values: '0+45x400'}
      - {series: 'adaptivestream_shadow_batches_total{query="good"}', values: '0+30x400'}
      - {series: 'adaptivestream_shadow_batches_total{query="bad"}', values: '0+30x400'}
      - {series: 'adaptivestream_budget_ratio{query="good"}', values: '1x400'}
      - {series: 'adaptivestream_budget_ratio{query="bad"}', values: '1x400'}
    alert_rule_test:
      - alertname: AdaptiveStreamOverBudget
        eval_time: 390m
        exp_alerts:
          - exp_labels: {severity: info, query: bad}
            exp_annotations: {summary: "bad has run 16.2k batches in 6 h, more than its budget allows",
              description: "The hard guard should have ended this; please report it with the agent's journal."}
"""


class Dashboard(unittest.TestCase):
    """What Grafana's import and its provisioning insist on, and what would be drawn wrong."""

    def test_it_can_be_imported(self):
        dashboard = json.loads(DASHBOARD.read_text())
        self.assertGreaterEqual(dashboard["schemaVersion"], 36)
        self.assertRegex(dashboard["uid"], r"^[a-zA-Z0-9_-]{1,40}$")
        self.assertNotIn("id", dashboard)  # a number of the Grafana that it came from
        self.assertNotIn("__inputs", dashboard)
        variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
        self.assertEqual(variables["datasource"]["type"], "datasource")
        panels = dashboard["panels"]
        self.assertEqual(len({panel["id"] for panel in panels}), len(panels))
        taken = set()
        for panel in panels:
            self.assertTrue(panel["title"] and panel["type"] in ("stat", "timeseries", "state-timeline", "gauge", "table"), panel)
            at = panel["gridPos"]
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            self.assertTrue(at["x"] + at["w"] <= 24 and cells, panel["title"])
            self.assertFalse(taken & cells, "lies on another: " + panel["title"])
            taken |= cells
            self.assertEqual(panel["datasource"], {"type": "prometheus", "uid": "${datasource}"})
            references = [target["refId"] for target in panel["targets"]]
            self.assertEqual(len(set(references)), len(references))
            for target in panel["targets"]:
                used = set(re.findall(r"\$\{?([a-z_]+)", target["expr"] + target.get("legendFormat", ""))) - {"__range", "__rate_interval", "__interval"}
                self.assertLessEqual(used, set(variables), target["expr"])


    def test_it_is_what_grafanas_types_allow(self):
        done = subprocess.run([DEPLOY.parent / "tools" / "check_grafana.sh"], capture_output=True, text=True, timeout=INSTALLED_WITHIN_S)
        if done.returncode == 3:
            self.skipTest(done.stderr.strip())
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


@unittest.skipUnless(HAS_PROMETHEUS, NO_PROMETHEUS)
class Alerts(unittest.TestCase):
    def promtool(self, *arguments):
        done = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, timeout=DEADLINE)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_they_are_rules(self):
        self.promtool("check", "rules", RULES)

    def test_they_speak_when_they_should(self):
        with tempfile.TemporaryDirectory() as folder:
            tried = pathlib.Path(folder, "tried.yml")
            tried.write_text(TRIED % RULES)
            self.promtool("test", "rules", tried)


@unittest.skipUnless(HAS_PROMETHEUS, NO_PROMETHEUS)
class Scraped(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.predictor = test_dashboard.Predictor()
        cls.agent = FakeAgent(cls.predictor.port, test_dashboard.TOKEN, "clicks", start_ms=int(time.time() * 1000) - 60000)
        cls.agent.step()
        cls.agent.predict()
        cls.folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(cls.folder.name)
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            cls.port = taken.getsockname()[1]
        (folder / "prometheus.yml").write_text(json.dumps({
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"}, "rule_files": [str(RULES)],
            "scrape_configs": [{"job_name": "adaptivestream", "static_configs": [{"targets": ["127.0.0.1:%d" % cls.predictor.web]}]}]}))
        cls.log = open(folder / "log", "w+")
        cls.process = subprocess.Popen(["prometheus", "--config.file=%s" % (folder / "prometheus.yml"), "--storage.tsdb.path=%s" % (folder / "data"),
                                        "--web.listen-address=127.0.0.1:%d" % cls.port, "--log.level=warn"], stderr=cls.log, stdout=cls.log)

    @classmethod
    def tearDownClass(cls):
        cls.process.terminate()
        cls.process.wait(DEADLINE)
        cls.log.close()
        cls.folder.cleanup()
        cls.agent.close()
        assert cls.predictor.stop() == 0

    def ask(self, path, **arguments):
        """The "data" of an answer; None while it does not answer."""
        try:
            with urllib.request.urlopen("http://127.0.0.1:%d/api/v1/%s?%s" % (self.port, path, urllib.parse.urlencode(arguments)), timeout=DEADLINE) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            self.assertEqual(error.code, 503, error.read())  # it is still starting
        except OSError:
            self.assertIsNone(self.process.poll(), pathlib.Path(self.log.name).read_text())
        return None

    def value(self, expression):
        data = self.ask("query", query=expression)
        return [float(result["value"][1]) for result in data["result"]] if data else []

    def test_it_reads_what_we_say(self):
        wait_for("it has scraped", lambda: self.value("up") == [1])
        self.agent.step()
        said = self.agent.totals["own"]["batches"]
        wait_for("the batches are there", lambda: self.value('adaptivestream_batches_total{query="clicks"}') == [said])

        def well():
            told = self.ask("targets")
            return told and [(target["health"], target["lastError"]) for target in told["activeTargets"]] == [("up", "")]
        wait_for("the target is well: one scrape may have taken longer than the second that it is given", well)
        types = {name: [entry["type"] for entry in entries] for name, entries in self.ask("metadata").items()}
        # A counter's family has no _total in OpenMetrics; which of both names the metadata bear is up to Prometheus.
        self.assertIn(["counter"], [types.get("adaptivestream_batches"), types.get("adaptivestream_batches_total")])
        self.assertEqual(types["adaptivestream_event_wait_seconds"], ["histogram"])
        self.assertEqual(types["adaptivestream_pending_events"], ["gauge"])

    def test_the_alerts_are_evaluated(self):
        def evaluated():
            groups = (self.ask("rules") or {"groups": []})["groups"]
            rules = [rule for group in groups for rule in group["rules"]]
            # Before the first scrape there are no metrics, which an alert is about.
            return all(rule["health"] != "unknown" and rule["state"] == "inactive" for rule in rules) and rules
        rules = wait_for("the alerts were evaluated", evaluated)
        self.assertEqual({rule["name"] for rule in rules}, set(re.findall(r"- alert: (\w+)", RULES.read_text())))
        for rule in rules:
            self.assertEqual((rule["health"], rule.get("lastError", ""), rule["state"]), ("ok", "", "inactive"), rule)

    def test_every_question_of_the_dashboard_is_answered(self):
        questions = [target["expr"] for panel in json.loads(DASHBOARD.read_text())["panels"] for target in panel["targets"]]
        self.assertGreater(len(questions), 10)
        wait_for("it has scraped twice", lambda: self.agent.step() or (self.value("count_over_time(up[1m])") or [0])[0] >= 2)
        for question in questions:
            asked = question.replace("$query", ".*").replace("$__range", "5m").replace("$__rate_interval", "1m")
            wait_for("an answer to " + asked, lambda: self.agent.step() or self.value(asked))


if __name__ == "__main__":
    test_dashboard.PROGRAM, test_dashboard.COMMAND = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])

"""The dashboard's server as browsers, scrapers and strangers meet it: real HTTP to a real predictor.

    python3 test_dashboard.py PATH/TO/adaptivestream-predictor PATH/TO/adaptivestream [unittest arguments]
"""
import fcntl
import http.client
import json
import os
import pathlib
import pty
import random
import re
import select
import signal
import socket
import socketserver
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "browser"))
from fake_agent import FakeAgent  # noqa: E402
from waiting import DEADLINE, wait_for  # noqa: E402

PROGRAM = COMMAND = ""
TOKEN = "0123456789abcdef" * 4


class Predictor:
    """A predictor with a dashboard, both at free ports."""

    def __init__(self, dashboard="127.0.0.1:0"):
        self.folder = tempfile.TemporaryDirectory()
        token = pathlib.Path(self.folder.name, "token")
        token.write_text(TOKEN + "\n")
        token.chmod(0o600)
        self.log = open(pathlib.Path(self.folder.name, "log"), "w+")
        self.process = subprocess.Popen([PROGRAM, "--port", "0", "--dashboard", dashboard, "--token-file", str(token)], stderr=self.log,
                                        env=dict(os.environ, XDG_RUNTIME_DIR=self.folder.name))
        self.port = int(wait_for("it listens", lambda: re.search(r"listens at 127.0.0.1 port (\d+)", self.said())).group(1))
        found = re.search(r"dashboard at http://127.0.0.\d:(\d+)/", self.said())
        self.web = int(found.group(1)) if found else None

    def said(self):
        return pathlib.Path(self.log.name).read_text()

    def stop(self):
        self.process.terminate()
        code = self.process.wait(DEADLINE)
        self.log.close()
        self.folder.cleanup()
        return code

    def request(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.web, timeout=DEADLINE)
        connection.putrequest(method, path, skip_host="Host" in (headers or {}))
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer, text

    def get(self, path, **headers):
        return self.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def json(self, path):
        answer, text = self.get(path)
        assert answer.status == 200, (path, answer.status, text)
        return json.loads(text)

    def raw(self, data, read=True, patience=0.5):
        """Sends bytes as they are; the answer up to the end of the connection, or until nothing has come for so many seconds."""
        with socket.create_connection(("127.0.0.1", self.web), timeout=DEADLINE) as connection:
            connection.settimeout(patience)
            got = b""
            try:
                connection.sendall(data)
                while read and (part := connection.recv(65536)):
                    got += part
            except OSError:
                pass
            return got

    def samples(self):
        return parse_metrics(self.get("/metrics")[1].decode())


SAMPLE = re.compile(r'([a-z_]+)(\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*\})? (-?[0-9.e+-]+|[+-]Inf|NaN)$')


def parse_metrics(text):
    """{(name, labels): value}; stricter than scrapers are about the order of lines and the suffixes of each type."""
    assert text.endswith("# EOF\n")
    samples, types, family = {}, {}, None
    for line in text.splitlines()[:-1]:
        if line.startswith("# "):
            _, kind, name, rest = line.split(" ", 3)
            if kind == "TYPE":
                assert name not in types, "twice: " + name
                types[name], family = rest, name
            assert name == family, line
            continue
        found = SAMPLE.match(line)
        assert found, line
        name, labels, value = found.groups()
        suffix = {"counter": "_total", "info": "_info", "histogram": "(_bucket|_count|_sum)"}.get(types[family], "")
        assert re.fullmatch(family + suffix, name), (family, name)
        assert (name, labels) not in samples, "twice: " + line
        samples[name, labels] = float(value)
    return samples


class WithPredictor(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.predictor = Predictor()
        cls.agent = FakeAgent(cls.predictor.port, TOKEN, "clicks", start_ms=int(time.time() * 1000) - 60000)
        cls.agent.step(int(time.time() * 1000) - 20000)  # so that what tests add is not in the future
        cls.agent.predict()

    @classmethod
    def tearDownClass(cls):
        cls.agent.close()
        assert cls.predictor.stop() == 0, cls.predictor.process.returncode

    def assert_alive(self):
        self.assertEqual(self.predictor.json("/healthz")["status"], "ok")


class Page(WithPredictor):
    def test_every_file_is_there_and_small_and_strict(self):
        size = 0
        for path, kind in [("/", "text/html"), ("/app.js", "text/javascript"), ("/charts.js", "text/javascript"),
                           ("/uplot.js", "text/javascript"), ("/style.css", "text/css"), ("/uplot.css", "text/css"), ("/icon.svg", "image/svg")]:
            answer, text = self.predictor.get(path)
            self.assertEqual(answer.status, 200, path)
            self.assertTrue(answer.getheader("Content-Type").startswith(kind), path)
            policy = answer.getheader("Content-Security-Policy")
            self.assertIn("default-src 'none'", policy)
            self.assertNotIn("unsafe", policy)
            self.assertEqual(answer.getheader("X-Content-Type-Options"), "nosniff")
            size += len(text)
            # No foreign host is asked for anything; what is left are names of licences and namespaces.
            for url in re.findall(rb"https?://[^\s\"'`)]+", text):
                self.assertRegex(url, rb"www\.w3\.org|github\.com/leeoniya", path)
            self.assertNotRegex(text, rb"<script>|style=\"|onclick=\"", path)
        self.assertLess(size, 150 * 1000)

    def test_figures_are_the_same_everywhere(self):
        query = self.predictor.json("/api/overview")["queries"][0]
        samples = self.predictor.samples()
        label = '{query="clicks"}'
        own, shadow = query["stats"]["own"], query["stats"]["shadow"]
        self.assertGreater(own["events"], 10000)
        self.assertEqual(samples["adaptivestream_events_total", label], own["events"])
        self.assertEqual(samples["adaptivestream_batches_total", label], own["batches"])
        self.assertEqual(samples["adaptivestream_shadow_batches_total", label], shadow["batches"])
        self.assertAlmostEqual(samples["adaptivestream_waited_seconds_total", label] / own["waited_s"], 1, 5)
        # The histogram has its events from slots and triggers, the sums above from the agent's own counts.
        self.assertAlmostEqual(samples["adaptivestream_event_wait_seconds_count", label] / own["events"], 1, 2)
        self.assertAlmostEqual(samples["adaptivestream_event_wait_seconds_sum", label] / own["waited_s"], 1, 2)
        self.assertAlmostEqual(samples["adaptivestream_shadow_event_wait_seconds_sum", label] / shadow["waited_s"], 1, 2)
        self.assertEqual(samples["adaptivestream_batch_seconds_count", label], own["batches"])
        series = self.predictor.json("/api/series?query=clicks&range=120")
        self.assertEqual(len(series["rate"]), len(series["pending"]))
        marks = series["own_triggers"]
        self.assertEqual(len(marks), own["batches"])
        self.assertEqual(sum(mark[1] for mark in marks), own["events"])
        self.assertEqual(sum(filter(None, series["batches"])), own["batches"])
        self.assertIn("Events waited", query["sentence"])
        self.assertAlmostEqual(samples["adaptivestream_forecast_events_per_second", '{query="clicks",quantile="mean"}'], query["forecast"]["rate"], 1)

    def test_metrics_are_read_by_a_scraper(self):
        try:
            from prometheus_client.openmetrics.parser import text_string_to_metric_families
        except ImportError:
            self.skipTest("prometheus_client is not installed; the parser of this file has read them")
        text = self.predictor.get("/metrics")[1].decode()
        self.assertGreater(len(list(text_string_to_metric_families(text))), 25)

    def test_what_grafana_and_the_alerts_ask_for_is_there(self):
        names = {name for name, _ in self.predictor.samples()}
        root = HERE.parent.parent / "deploy"
        for file in [*root.glob("grafana/*.json"), *root.glob("prometheus/*.yml")]:
            text = file.read_text()
            asked = set(re.findall(r"\badaptivestream_[a-z_]+", text))
            self.assertGreater(len(asked), 3, file)
            self.assertEqual(asked - names, set(), file)
            if file.suffix == ".json":
                expressions = [target["expr"] for panel in json.loads(text)["panels"] for target in panel["targets"]]
                self.assertTrue(all('{query=~"$query"}' in expression for expression in expressions))

    def test_events_tell_of_every_change(self):
        with socket.create_connection(("127.0.0.1", self.predictor.web), timeout=DEADLINE) as connection:
            connection.sendall(b"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            stream = connection.makefile("rb")
            seen = []
            while len(seen) < 3:
                line = stream.readline()
                if line.startswith(b"data: "):
                    seen.append(json.loads(line[6:])["changes"])
                    self.agent.step(self.agent.slot * 100 + 1000)
        self.assertEqual(seen, sorted(set(seen)))

    def test_every_range_is_answered(self):
        for seconds in (0, 1, 120, 900, 7200, 86400, 604800, 10 ** 9):
            series = self.predictor.json("/api/series?query=clicks&range=%d" % seconds)
            self.assertLessEqual(len(series["rate"]), 940)
        for arguments in ("range=abc", "range=-5", "since=1e9", "end=99999999999999999999", "since=9007199254740992", "end=1"):
            self.assertEqual(self.predictor.get("/api/series?query=clicks&" + arguments)[0].status, 200)

    def test_what_is_not_there_is_said(self):
        for path in ("/nothing", "/api/series?query=other", "/api/series", "/api/details?query=%00", "/app.js/", "//app.js"):
            answer, text = self.predictor.get(path)
            self.assertEqual(answer.status, 404, path)
            self.assertIn("error", json.loads(text))


class Strangers(WithPredictor):
    def post(self, change, **headers):
        here = "http://127.0.0.1:%d" % self.predictor.web
        sent = {"Origin": here, "X-AdaptiveStream-Token": TOKEN, "Content-Type": "application/json"}
        sent.update({name.replace("_", "-"): value for name, value in headers.items()})
        body = change if isinstance(change, bytes) else json.dumps(change).encode()
        return self.predictor.request("POST", "/api/set", body, {name: value for name, value in sent.items() if value is not None})

    def test_foreign_names_and_pages_are_refused(self):
        for path in ("/", "/api/overview", "/metrics", "/api/events", "/healthz"):
            self.assertEqual(self.predictor.get(path, Host="evil.example")[0].status, 403, path)
            self.assertEqual(self.predictor.get(path, Origin="http://evil.example")[0].status, 403, path)
        self.assertEqual(self.predictor.get("/api/overview", Sec_Fetch_Site="cross-site")[0].status, 403)
        self.assertEqual(self.predictor.get("/", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate")[0].status, 200)
        self.assertEqual(self.predictor.get("/api/overview", Host="localhost:1")[0].status, 200)
        self.assertRegex(self.predictor.raw(b"GET / HTTP/1.0\r\n\r\n", patience=DEADLINE), b"^HTTP/1.. 403")

    def test_a_change_reaches_the_agent_and_is_noted(self):
        answer, _ = self.post({"query": "clicks", "goal": "latency", "budget": 1.5})
        self.assertEqual(answer.status, 200)

        def heard():
            self.agent.predict()
            return self.agent.changes
        change = wait_for("the change comes with a forecast", heard)[0]
        self.assertEqual((change["goal"], change["budget"], change["origin"]), ("latency", 1.5, "page"))
        noted = self.predictor.json("/api/details?query=clicks")["options_changed"][0]
        self.assertEqual((noted["what"], noted["origin"]), ("goal latency, budget 1.5", "page"))

    def test_a_change_without_token_or_origin_is_refused(self):
        change = {"query": "clicks", "mode": "disabled"}
        for headers in ({"X_AdaptiveStream_Token": None}, {"X_AdaptiveStream_Token": TOKEN[:-1] + "0"}, {"X_AdaptiveStream_Token": TOKEN + "0"},
                        {"X_AdaptiveStream_Token": ""}, {"Origin": None}, {"Origin": "null"}, {"Origin": "http://evil.example"},
                        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}):
            answer, _ = self.post(change, **headers)
            self.assertEqual(answer.status, 403, headers)
        self.agent.predict()
        self.assertNotIn("disabled", [change.get("mode") for change in self.agent.changes])

    def test_a_wrong_change_is_said(self):
        for body, status in ((b"", 400), (b"{", 400), (b'{"query":"clicks"}', 400), (b'{"goal":"cost"}', 400), (b'{"query":"clicks","budget":1e9}', 400),
                             (b'{"query":"clicks","goal":"fast"}', 400), (b'{"query":"other","goal":"cost"}', 404), (b"x" * 5000, 413)):
            answer, text = self.post(body)
            self.assertEqual(answer.status, status, body[:40])
            self.assertIn("error", json.loads(text))

    def test_other_methods_and_other_paths(self):
        for method in ("PUT", "DELETE", "OPTIONS", "TRACE", "POST", "BREW"):
            self.assertEqual(self.predictor.request(method, "/")[0].status, 405, method)
        for path in ("/../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2fetc/passwd", "/./app.js", "/" + "a" * 9000):
            got = self.predictor.raw(("GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % path).encode())
            self.assertNotIn(b"root:", got)
            self.assertNotRegex(got, b"^HTTP/1.. 2", path)
        self.assert_alive()

    def test_garbage_does_no_harm(self):
        random_bytes = random.Random(8)
        parts = [b"GET / HTTP/1.1\r\n", b"Host: localhost\r\n", b"Content-Length: 99999999999\r\n", b"Transfer-Encoding: chunked\r\n", b"\r\n",
                 b"POST /api/set HTTP/1.1\r\n", b"ffffffffffffffffff\r\n", b"Content-Length: -1\r\n", b"\x00\xff\xfe", b"GET /api/series?query=%&range=%00& HTTP/1.1\r\n",
                 b"Cookie: " + b"a=b;" * 9000 + b"\r\n", b"x" * 40000, b" : \r\n", b"HTTP/9.9\r\n", b"\n\n\n\r\r"]
        for _ in range(150):
            data = b"".join(random_bytes.choice(parts) for _ in range(random_bytes.randint(1, 6)))
            if random_bytes.random() < 0.3:
                data = random_bytes.randbytes(random_bytes.randint(1, 3000))
            self.predictor.raw(data, read=random_bytes.random() < 0.1)
        self.assert_alive()
        self.agent.predict()

    def test_heads_are_bounded(self):
        many = b"".join(b"X-%d: %s\r\n" % (i, b"y" * 100) for i in range(2000))
        self.assertNotRegex(self.predictor.raw(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + many + b"\r\n"), b"^HTTP/1.. 200")
        self.assert_alive()


def closed_by_server(connection):
    connection.setblocking(False)
    try:
        while connection.recv(65536):
            pass
        return True
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        connection.settimeout(DEADLINE)


def sanitized(program):
    """Whether it is built with a sanitizer, whose shadow memory is no measure of its own."""
    code = pathlib.Path(program).read_bytes()
    return b"__asan_init" in code or b"__tsan_init" in code


class Crowds(unittest.TestCase):
    def test_stuck_clients_hold_up_no_forecast_and_go(self):
        predictor = Predictor()
        agent = FakeAgent(predictor.port, TOKEN, start_ms=int(time.time() * 1000) - 30000)
        agent.step()
        stuck = []
        try:
            # More than are let in, and few enough for the kernel's queue: behind that, connecting takes half a minute.
            for i in range(120):
                connection = socket.socket()
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                connection.settimeout(DEADLINE)
                connection.connect(("127.0.0.1", predictor.web))
                try:
                    connection.sendall(b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n" + (b"\r\n" if i % 2 else b""))
                except OSError:
                    pass # over the limit: cut off already
                stuck.append(connection)
            took = []
            for _ in range(300):
                started = time.monotonic()
                agent.predict()
                took.append(time.monotonic() - started)
            # Generous, for a machine that does other things as well; the stuck ones are there for ten seconds.
            self.assertLess(statistics.median(took), 0.25)
            # Those that do not finish their request are cut off by the server: then others get through.
            for connection in stuck[::2]:
                wait_for("it is cut off", lambda: closed_by_server(connection))
            wait_for("a place is free again", lambda: self.reaches(predictor))
        finally:
            for connection in stuck:
                connection.close()
            agent.close()
            self.assertEqual(predictor.stop(), 0)

    def test_dripping_bytes_do_not_buy_time(self):
        predictor = Predictor()
        try:
            # Each is in time for the limit between two bytes.
            heads = [b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ", b"POST /api/set HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000\r\n\r\n",
                     b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\r\nX: "]
            clients, begun = [], time.monotonic()
            for head in heads:
                clients.append(socket.create_connection(("127.0.0.1", predictor.web), timeout=DEADLINE))
                clients[-1].sendall(head)
            looking_on = socket.create_connection(("127.0.0.1", predictor.web), timeout=DEADLINE)
            looking_on.sendall(b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n")

            def drip(client):
                if closed_by_server(client):
                    return True
                try:
                    client.sendall(b"x")
                except OSError:
                    return True
                return False
            wait_for("they are sent away", lambda: [time.sleep(0.2), all([drip(client) for client in clients])][1])
            self.assertGreater(time.monotonic() - begun, 15)  # not at once either
            self.assertFalse(closed_by_server(looking_on))
            for client in clients + [looking_on]:
                client.close()
        finally:
            self.assertEqual(predictor.stop(), 0)

    @staticmethod
    def reaches(predictor):
        try:
            return predictor.get("/healthz")[0].status == 200
        except (OSError, http.client.HTTPException):
            return False

    # A width, and how many buckets of it the ring of monitor/history.c holds; slots of more than a minute are not taken.
    RINGS = ((60000, 10240), (20000, 370), (2000, 465), (200, 620))
    HOUR_S = 3600
    REMEMBERED_KB = 4 * 500  # of arrivals, for the four queries that are advised: they are not told any here

    def fill(self, agent, now_ms, seconds=7 * 24 * HOUR_S):
        """Everything that is kept of a query after so long: history, marks, log, changes, reasons."""
        for width_ms, buckets in self.RINGS:
            buckets = min(buckets, 1000 * seconds // width_ms)
            start = now_ms // width_ms - buckets
            for first in range(0, buckets, 2048):
                counts = [1 + i % 9 for i in range(min(2048, buckets - first))]
                end_ms = (start + first + len(counts)) * width_ms
                decision = {"time_ms": end_ms - 1, "fire": False, "reason": "cheap", "pending": 5, "waiting": 1.0, "price": 2.0, "interval_s": 1.5}
                agent.say({"op": "observe", "query": agent.query, "time_ms": end_ms, "decision": decision,
                           "slots": {"start_ms": (start + first) * width_ms, "width_ms": width_ms, "counts": counts}})
        for i in range(1100):
            if i % 100 == 0:
                at = [now_ms - 110000 + 100 * (i + k) for k in range(100)]
                agent.say({"op": "observe", "query": agent.query, "time_ms": now_ms, "shadow": [{"start_ms": ms, "events": 3} for ms in at],
                           "triggers": [{"start_ms": ms, "end_ms": ms + 50, "events": 3, "reason": "reason-%d" % (ms // 100 % 20)} for ms in at]})
        agent.ask({"op": "health"})  # has been taken in

    def test_fifty_queries_stay_small(self):
        now_ms = int(time.time() * 1000)

        def resident_kb(predictor):
            status = pathlib.Path("/proc/%d/status" % predictor.process.pid).read_text()
            return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))

        def grown_without_dashboard_kb():
            """What learning takes of the same."""
            predictor = Predictor("off")
            before = resident_kb(predictor)
            for i in range(60):
                agent = FakeAgent(predictor.port, TOKEN, "query-%d" % i, start_ms=now_ms - 20000)
                if i < 50:
                    self.fill(agent, now_ms)
                else:
                    agent.step()
                    agent.ask({"op": "health"})
                agent.close()
            grown = resident_kb(predictor) - before
            predictor.stop()
            return grown
        learning_kb = grown_without_dashboard_kb()
        predictor = Predictor()
        try:
            self.assertEqual(predictor.json("/api/overview")["queries"], [])
            before = resident_kb(predictor)
            agents = [FakeAgent(predictor.port, TOKEN, "query-%d" % i, start_ms=now_ms - 20000) for i in range(60)]
            for agent in agents[:50]:
                self.fill(agent, now_ms, self.HOUR_S)
            if not sanitized(PROGRAM):
                self.assertLess(resident_kb(predictor) - before, 25000 - self.REMEMBERED_KB)
            for agent in agents[:50]:
                self.fill(agent, now_ms)
            for agent in agents[50:]:
                agent.step()
                agent.ask({"op": "health"})
            self.assertEqual(len(predictor.json("/api/overview")["queries"]), 50)
            self.assertEqual(predictor.samples()["adaptivestream_queries", None], 50)
            for seconds in (120, 900, 7200, 86400, 604800):
                series = predictor.json("/api/series?query=query-49&range=%d" % seconds)
                known = [rate for rate in series["rate"] if rate is not None]
                self.assertGreater(len(known), 0.9 * len(series["rate"]), seconds)
            self.assertEqual(len(predictor.json("/api/details?query=query-49")["log"]), 64)
            if not sanitized(PROGRAM):
                self.assertLess(resident_kb(predictor) - before - learning_kb, 25000)
            for agent in agents:
                agent.close()
        finally:
            predictor.stop()

    def test_it_ends_at_once_with_browsers_looking_on(self):
        predictor = Predictor()
        streams = [socket.create_connection(("127.0.0.1", predictor.web)) for _ in range(5)]
        for stream in streams:
            stream.sendall(b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            stream.recv(100)
        started = time.monotonic()
        self.assertEqual(predictor.stop(), 0)
        self.assertLess(time.monotonic() - started, 5)
        for stream in streams:
            stream.close()

    def test_every_address_of_the_loopback_interface_answers_by_its_name(self):
        predictor = Predictor("127.0.0.2:0")
        connection = http.client.HTTPConnection("127.0.0.2", predictor.web, timeout=DEADLINE)
        connection.request("GET", "/healthz")
        self.assertEqual(connection.getresponse().status, 200)
        connection.close()
        self.assertEqual(predictor.stop(), 0)

    def test_only_the_loopback_interface(self):
        for address in ("0.0.0.0:0", "192.0.2.1:80", "example.com", "127.0.0.1:99999", "[::]:0"):
            predictor = Predictor(address)
            self.assertIsNone(predictor.web)
            self.assertIn("dashboard=%s: " % address, predictor.said())
            agent = FakeAgent(predictor.port, TOKEN)
            agent.predict() # forecasts go on
            agent.close()
            self.assertEqual(predictor.stop(), 0)


    def test_a_port_that_is_taken_is_said_as_it_was_given(self):
        journal = str(HERE.parent / "data" / "journals" / "waves.jsonl")
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = "127.0.0.1:%d" % taken.getsockname()[1]
            done = subprocess.run([COMMAND, "dashboard", journal, "--listen", address], capture_output=True, text=True, timeout=DEADLINE)
        self.assertEqual(done.returncode, 1)
        self.assertIn("--listen %s: Address already in use; a free port: --listen 127.0.0.1:0" % address, done.stderr)


class Restart(unittest.TestCase):
    """A predictor that comes new to a query that has run for long, with events pending."""

    def test_what_it_never_heard_of_does_no_harm(self):
        def stop(predictor):
            self.assertEqual(predictor.stop(), 0)
        first = Predictor()
        self.addCleanup(stop, first)
        now_ms = int(time.time() * 1000)
        for limit in (0, None):  # told by the agent, and not known
            agent = FakeAgent(first.port, TOKEN, "clicks", start_ms=now_ms - 200000)
            if limit is not None:
                agent.config["limit"] = limit
            agent.step(now_ms - 121300)
            while sum(n for _, n in agent.pending) < 1000 or not agent.shadow_pending:
                agent.step(agent.slot * agent.SLOT_MS + 100)
            agent.ask({"op": "health"})
            before = json.loads(json.dumps(agent.totals))
            second = Predictor()
            self.addCleanup(stop, second)
            agent.connect(second.port, TOKEN)
            agent.step(now_ms - 1000)
            agent.ask({"op": "health"})
            samples, query = second.samples(), second.json("/api/overview")["queries"][0]
            label = '{query="clicks"}'
            for side, name in (("own", "adaptivestream_event_wait_seconds"), ("shadow", "adaptivestream_shadow_event_wait_seconds")):
                told = agent.totals[side]
                mean_s = (told["waited_s"] - before[side]["waited_s"]) / (told["events"] - before[side]["events"])
                self.assertAlmostEqual(samples[name + "_sum", label] / samples[name + "_count", label] / mean_s, 1, 1, (side, limit))
                # What was before is no part of the last hour; the first second may be missing.
                events = query["last_hour"][side + "_batches"]
                self.assertAlmostEqual(events / (told["batches"] - before[side]["batches"]), 1, 1, (side, limit))
            ratio = [(agent.totals[side]["waited_s"] - before[side]["waited_s"]) / (agent.totals[side]["events"] - before[side]["events"])
                     for side in ("own", "shadow")]
            self.assertAlmostEqual(query["last_hour"]["waits_ratio"] / (ratio[0] / ratio[1]), 1, 1)
            agent.close()


class Terminal(unittest.TestCase):
    """status, top, explain and set beside a running predictor."""

    @classmethod
    def setUpClass(cls):
        cls.predictor = Predictor()
        cls.agent = FakeAgent(cls.predictor.port, TOKEN, "clicks", start_ms=int(time.time() * 1000) - 60000)
        cls.agent.step()
        cls.agent.predict()

    @classmethod
    def tearDownClass(cls):
        cls.agent.close()
        assert cls.predictor.stop() == 0

    def run_command(self, *arguments, folder=None, code=0):
        environment = dict(os.environ, XDG_RUNTIME_DIR=folder or self.predictor.folder.name)
        done = subprocess.run([COMMAND, *arguments], capture_output=True, text=True, timeout=DEADLINE, env=environment)
        self.assertEqual(done.returncode, code, (arguments, done.stdout, done.stderr))
        return done.stderr if code else done.stdout

    def test_status_says_what_the_agent_told(self):
        query = json.loads(self.run_command("status", "--json"))["queries"][0]
        self.assertEqual(query["query"], "clicks")
        self.assertEqual(query["stats"]["own"]["batches"], self.agent.totals["own"]["batches"])
        self.assertEqual(query["stats"]["shadow"]["events"], self.agent.totals["shadow"]["events"])
        lines = self.run_command("status").splitlines()
        row = next(line for line in lines if line.startswith("clicks"))
        self.assertIn("active", row)
        self.assertIn("%d/%d" % (self.agent.totals["own"]["batches"], self.agent.totals["shadow"]["batches"]), row)
        self.assertLess(max(map(len, lines)), 120)
        config = query["config"]
        self.assertEqual(lines[lines.index(row) + 1],
                         "  goal %(goal)s, budget %(budget)g, mode %(mode)s; trigger %(trigger_s)gs" % config)

    def test_status_has_long_names_and_who_changed_what(self):
        name = "a-name-that-is-longer-than-its-column"
        agent = FakeAgent(self.predictor.port, TOKEN, name, start_ms=int(time.time() * 1000) - 30000)
        self.addCleanup(agent.close)
        agent.step()
        agent.say({"op": "observe", "query": name, "config": {"mode": "disabled", "goal": "cost", "budget": 0.7, "origin": "cli"}})
        agent.ask({"op": "health"})
        lines = self.run_command("status").splitlines()
        at = next(index for index, line in enumerate(lines) if line.startswith("a-name-that-is-~"))
        self.assertEqual(lines[at + 1], "  " + name)
        self.assertTrue(lines[at + 2].startswith("  goal cost, budget 0.7, mode disabled, last changed by cli"), lines[at + 2])

    def test_status_is_json_whatever_the_predictor_says(self):
        model, label = 'net "7" of \\home\u00e9\t', 'quo"ted'
        answers = {"hello": {"ok": True}, "health": {"status": "ready", "model": model, "requests": 5, "uptime_s": 2.5, "pid": 7},
                   "status": {"queries": [{"query": label, "state": "active"}, {"query": "second"}]}}

        class Answer(socketserver.StreamRequestHandler):
            def handle(self):
                for line in self.rfile:
                    request = json.loads(line)
                    answer = {"v": 1, **answers[request["op"]]}
                    if "id" in request:
                        answer["id"] = request["id"]
                    self.wfile.write(json.dumps(answer).encode() + b"\n")

        with socketserver.TCPServer(("127.0.0.1", 0), Answer) as server, tempfile.TemporaryDirectory() as folder:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                token = pathlib.Path(folder, "token")
                token.write_text("1" * 64 + "\n")
                token.chmod(0o600)
                said = json.loads(self.run_command("status", "--json", "--port", str(server.server_address[1]), "--token-file", str(token)))
            finally:
                server.shutdown()
                thread.join()
        self.assertEqual((said["model"], said["requests"], said["uptime_s"], said["pid"]), (model, 5, 2.5, 7))
        self.assertEqual([query["query"] for query in said["queries"]], [label, "second"])

    def test_top_in_a_pipe_ends_when_it_should(self):
        pictures = self.run_command("top", "--times", "3", "--every", "0.1").split("AdaptiveStream")[1:]
        self.assertEqual(len(pictures), 3)
        self.assertNotIn("\x1b", "".join(pictures))
        self.assertIn("clicks", pictures[0])
        process = subprocess.Popen([COMMAND, "top", "--every", "0.1"], stdout=subprocess.PIPE, env=dict(os.environ, XDG_RUNTIME_DIR=self.predictor.folder.name))
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        self.assertEqual(process.wait(DEADLINE), 0)
        process.stdout.close()

    def test_top_on_a_terminal_of_80_by_24(self):
        names = ["a-name-that-is-longer-than-its-column", "größe-日本語", "\u202egnirts\x1b[2J"] + ["query-%d" % i for i in range(25)]
        agents = [FakeAgent(self.predictor.port, TOKEN, name, start_ms=int(time.time() * 1000) - 30000) for name in names]
        for agent in agents:
            agent.step()
            agent.ask({"op": "health"})  # answered after the observation is taken in
        self.addCleanup(lambda: [agent.close() for agent in agents])
        main, side = pty.openpty()
        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        before = termios.tcgetattr(side)
        process = subprocess.Popen([COMMAND, "top", "--every", "0.1"], stdin=side, stdout=side, env=dict(os.environ, XDG_RUNTIME_DIR=self.predictor.folder.name))
        seen = b""

        def read(until):
            nonlocal seen
            if select.select([main], [], [], 0.1)[0]:
                seen += os.read(main, 65536)
            return until()
        wait_for("three pictures", lambda: read(lambda: seen.count(b"q quits") >= 3))
        os.write(main, b"q")
        # The terminal's buffer is emptied, or the program could not end.
        wait_for("it ends", lambda: read(lambda: process.poll() is not None))
        while select.select([main], [], [], 0)[0]:
            seen += os.read(main, 65536)
        self.assertEqual(process.returncode, 0)
        self.assertIn(b"\x1b[?1049h", seen)
        picture = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.split(b"\x1b[H")[2].decode()).replace("\r", "")
        lines = picture.split("\n")
        self.assertLessEqual(len(lines), 24)
        self.assertLess(max(sum(2 if ord(letter) > 0x2e80 else 1 for letter in line) for line in lines), 81, picture)
        self.assertIn("\na-name-that-is-~ active ", picture)
        self.assertIn("\ngröße-日本語     active ", picture)
        self.assertIn("\n?gnirts?[2J      active ", picture)
        self.assertRegex(picture, r"\n\.\.\. and \d+ more")
        self.assertTrue(seen.rstrip().endswith(b"\x1b[?1049l"), seen[-60:])
        self.assertEqual(termios.tcgetattr(side), before)
        os.close(main)
        os.close(side)

    def test_top_waits_for_a_predictor_that_starts_again(self):
        predictor = Predictor()
        agent = FakeAgent(predictor.port, TOKEN, "clicks", start_ms=int(time.time() * 1000) - 5000)
        agent.step()
        agent.predict()
        agent.close()
        top = subprocess.Popen([COMMAND, "top", "--every", "0.1", "--port", str(predictor.port), "--token-file", predictor.folder.name + "/token"],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=dict(os.environ, XDG_RUNTIME_DIR=predictor.folder.name))
        again = None
        try:
            said = b""

            def says(words):
                nonlocal said
                if select.select([top.stdout], [], [], 0.1)[0]:
                    said += os.read(top.stdout.fileno(), 65536)
                return words in said
            wait_for("it shows the query", lambda: says(b"clicks"))
            predictor.process.kill()
            predictor.process.wait(DEADLINE)
            again = subprocess.Popen([PROGRAM, "--port", str(predictor.port), "--dashboard", "off", "--token-file", predictor.folder.name + "/token"],
                                     stderr=subprocess.DEVNULL, env=dict(os.environ, XDG_RUNTIME_DIR=predictor.folder.name))
            wait_for("it goes on with the new one, which knows no query yet", lambda: says(b"0 queries"))
            top.send_signal(signal.SIGINT)
            self.assertEqual(top.wait(DEADLINE), 0)
        finally:
            top.kill()
            top.communicate()
            if again:
                again.terminate()
                again.wait(DEADLINE)
            predictor.stop()

    def test_what_others_wrote_is_shown_without_control_sequences(self):
        self.agent.say({"op": "observe", "query": "\x1b[2Jevil\u009b", "state": "released", "why": "\x1b]0;title\x07 why"})
        self.agent.ask({"op": "health"})
        for command in (["explain", "\x1b[2Jevil\u009b"], ["status"], ["top", "--times", "1"]):
            said = self.run_command(*command)
            self.assertIn("?[2Jevil?", said)
            self.assertNotRegex(said.replace("\n", ""), "[\x00-\x1f\x7f-\x9f]")
        self.assertIn("?]0;title? why", self.run_command("explain", "\x1b[2Jevil\u009b"))

    def test_explain_says_why(self):
        said = " ".join(self.run_command("explain", "clicks").split())
        self.assertRegex(said, r"clicks, \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC: ")
        self.assertRegex(said, "So it (fired|went on waiting): ")
        self.assertIn("deciding when triggers fire", said)
        self.assertIn("no query other", self.run_command("explain", "other", code=1))
        self.assertIn("no query other", self.run_command("status", "--query", "other", code=1))

    def test_set_reaches_the_agent(self):
        self.run_command("set", "clicks", "--goal", "strict", "--budget", "0.9", "--mode", "monitoring")
        self.agent.predict()
        change = self.agent.changes[-1]
        self.assertEqual((change["goal"], change["budget"], change["mode"], change["origin"]), ("strict", 0.9, "monitoring", "cli"))
        noted = self.predictor.json("/api/details?query=clicks")["options_changed"][0]
        self.assertEqual((noted["what"], noted["origin"]), ("mode monitoring, goal strict, budget 0.9", "cli"))
        self.assertIn("no query of this name", self.run_command("set", "other", "--goal", "cost", code=1))
        self.run_command("set", "clicks", code=2)
        self.run_command("set", "clicks", "--budget", "99", code=2)

    def test_freeze_and_release(self):
        for command, mode in (("freeze", "monitoring"), ("release", "active")):
            self.assertTrue(self.run_command(command, "clicks").startswith("clicks "))
            self.agent.predict()
            self.assertEqual(self.agent.changes[-1], {"mode": mode, "origin": "cli"})
            changed = self.predictor.json("/api/details?query=clicks")["options_changed"][0]
            self.assertEqual((changed["what"], changed["origin"]), ("mode " + mode, "cli"))
            self.assertIn("no query of this name", self.run_command(command, "other", code=1))
            self.run_command(command, code=2)

    def test_without_a_predictor_it_says_so(self):
        with tempfile.TemporaryDirectory() as folder:
            for command in (["status"], ["top"], ["explain"], ["set", "x", "--goal", "cost"]):
                with socket.socket() as taken:
                    taken.bind(("127.0.0.1", 0))
                    said = self.run_command(*command, "--port", str(taken.getsockname()[1]), folder=folder, code=1)
                self.assertIn("no predictor answers", said)

    def test_of_several_one_has_to_be_named(self):
        other = subprocess.Popen([PROGRAM, "--port", "0"], stderr=subprocess.DEVNULL, env=dict(os.environ, XDG_RUNTIME_DIR=self.predictor.folder.name))
        try:
            folder = pathlib.Path(self.predictor.folder.name, "adaptivestream")
            wait_for("two tokens", lambda: len(list(folder.glob("[0-9]*.token"))) == 2)
            said = self.run_command("status", code=1)
            self.assertIn("2 predictors run here", said)
            self.assertIn("%d (clicks" % self.predictor.port, said)
            self.assertIn("(no query yet)", said)
            self.run_command("status", "--port", str(self.predictor.port))
        finally:
            other.terminate()
            other.wait()

    def test_a_journal_explained_at_a_time(self):
        journal = str(HERE.parent / "data" / "journals" / "waves.jsonl")
        first = self.run_command("explain", "--journal", journal, "--at", "2026-11-26 05:16:20")
        self.assertIn("2026-11-26 05:16:", first)
        self.assertNotIn("05:16:2", first)
        self.assertIn("Your 2 s trigger would have fired", " ".join(first.split()))
        # On a point of the job's own grid, with events older than the one before.
        self.assertIn("fired 2 s before, for those of them that had come by then, and again at the same time for the others.",
                      " ".join(self.run_command("explain", "--journal", journal, "--at", "2026-11-26 05:17:23").split()))
        self.run_command("explain", "--journal", journal, "--at", "2001-01-01 00:00:00", code=1)
        self.run_command("explain", "--at", "2001-01-01 00:00:00", code=2)
        self.run_command("explain", "--journal", journal, "--at", "noon", code=2)


class Replays(unittest.TestCase):
    def test_a_journal_is_served_until_interrupted(self):
        journal = HERE.parent / "data" / "journals" / "waves.jsonl"
        process = subprocess.Popen([COMMAND, "dashboard", str(journal), "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = process.stdout.readline()
        found = re.search(r"http://127.0.0.1:(\d+)/", line)
        self.assertTrue(found, line + (process.stderr.read() if not found else ""))
        connection = http.client.HTTPConnection("127.0.0.1", int(found.group(1)), timeout=DEADLINE)
        connection.request("GET", "/api/overview")
        overview = json.loads(connection.getresponse().read())
        self.assertTrue(overview["replay"])
        self.assertFalse(overview["may_change"])
        query = overview["queries"][0]
        summary = json.loads(journal.read_text().splitlines()[-1])
        for side in ("own", "shadow"):
            for name in ("batches", "events", "mean_s", "p95_s", "p99_s"):
                self.assertAlmostEqual(query["stats"][side][name], summary[side + "_" + name], 5, side + name)
        self.assertEqual(query["last_hour"]["own_batches"], summary["own_batches"])
        self.assertEqual(query["last_hour"]["shadow_batches"], summary["shadow_batches"])
        self.assertEqual(query["state"], "ended")
        self.assertEqual(query["config"]["limit"], 0)
        # Worked out here from arrivals and batches, there by the agent: the same to the width of a class, which is a quarter second, and of a slot.
        connection.request("GET", "/api/series?query=%s&range=900" % query["query"])
        shown = json.loads(connection.getresponse().read())["savings"]
        for side in ("own", "shadow"):
            for name in ("p50_s", "p95_s", "p99_s"):
                self.assertAlmostEqual(shown[side + "_" + name], summary[side + "_" + name], delta=0.15, msg=side + name)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(DEADLINE), 0)
        process.stdout.close()
        process.stderr.close()

    def test_what_is_no_journal_is_said(self):
        for arguments, code in ((["/nonexistent"], 1), ([__file__], 1), ([], 2), (["x", "--until", "soon"], 2), ([__file__, "--listen", "0.0.0.0:1"], 1)):
            done = subprocess.run([COMMAND, "dashboard", "--listen", "127.0.0.1:0", *arguments], capture_output=True, text=True, timeout=DEADLINE)
            self.assertEqual(done.returncode, code, arguments)
            self.assertEqual(done.stdout, "")
            self.assertIn("adaptivestream dashboard: ", done.stderr)


if __name__ == "__main__":
    PROGRAM, COMMAND = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])

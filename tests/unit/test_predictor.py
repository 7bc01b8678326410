"""The predictor as its clients meet it: over real sockets, well-behaved and not.

    python3 test_predictor.py PATH/TO/adaptivestream-predictor PATH/TO/adaptivestream [unittest arguments]
"""

import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import stat
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from waiting import DEADLINE, wait_for

PROGRAM = COMMAND = ""
TOKEN = "0123456789abcdef" * 4
OK, FAILED, USAGE = 0, 1, 2
HISTORY = [100.0 + i for i in range(30)]
LINE_MAXIMUM = 65536
CLIENTS_MAXIMUM = 256
QUERIES_MAXIMUM = 1000


def message(op, **members):
    return dict({"v": 1, "op": op}, **members)


class Client:
    def __init__(self, port, receive_buffer=None):
        self.socket = socket.socket()
        self.socket.settimeout(DEADLINE)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, *lines):
        self.socket.sendall(b"".join(
            (line if isinstance(line, bytes) else (line if isinstance(line, str) else json.dumps(line)).encode())
            + b"\n" for line in lines))

    def line(self):
        """The next line, or None at the end."""
        while b"\n" not in self.rest:
            try:
                more = self.socket.recv(65536)
            except ConnectionResetError:
                more = b""
            if not more:
                assert self.rest == b"", self.rest
                return None
            self.rest += more
        line, self.rest = self.rest.split(b"\n", 1)
        return line.decode()

    def ask(self, line):
        self.send(line)
        answer = self.line()
        return json.loads(answer) if answer is not None and answer.startswith("{") else answer

    def hello(self, token):
        answer = self.ask(message("hello", token=token, client="test"))
        assert answer.get("ok") is True, answer
        return self

    def predict(self, query="q", **members):
        return self.ask(message("predict", query=query, history=HISTORY, **members))


class Predictor:
    """A predictor of this test's own, with its own runtime folder."""

    def __init__(self, *flags, runtime=None, port="0", wait=True, **options):
        self.made = tempfile.mkdtemp() if runtime is None else None
        self.runtime = runtime or self.made
        self.log = []
        environment = dict(os.environ, XDG_RUNTIME_DIR=self.runtime)
        self.process = subprocess.Popen([PROGRAM, "--port", port, *flags], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, **options)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        self.port = None
        if wait:
            wait_for("it listens", lambda: self.listening() or self.process.poll() is not None)
            assert self.port, self.log

    def read(self):
        for line in self.process.stderr:
            self.log.append(line.decode().rstrip("\n"))

    def listening(self):
        for line in list(self.log):
            if "listens at" in line and " port " in line:
                self.port = int(line.split(" port ")[1].split(";")[0])
        return self.port

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(DEADLINE)
        self.reader.join(DEADLINE)
        self.process.stdout.close()
        self.process.stderr.close()
        if self.made:
            shutil.rmtree(self.made)

    def end(self, number=signal.SIGTERM):
        """Ends it by a signal; its exit code, what it wrote on stdout, and its log."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self):
        code = self.process.wait(DEADLINE)
        self.reader.join(DEADLINE)
        return code, self.process.stdout.read(), self.log

    @property
    def token_path(self):
        return pathlib.Path(self.runtime, "adaptivestream", "%d.token" % self.port)

    @property
    def token(self):
        return self.token_path.read_text().strip()

    def client(self):
        return Client(self.port)

    def friend(self):
        """A client that has said hello."""
        return self.client().hello(self.token)


def call(*arguments, program=None):
    result = subprocess.run([program or PROGRAM, *arguments], capture_output=True, text=True, timeout=DEADLINE)
    return result.returncode, result.stdout, result.stderr


class CommandLine(unittest.TestCase):
    def test_help(self):
        code, out, errors = call("--help")
        self.assertEqual((code, errors), (OK, ""))
        for flag in ["--host", "--port", "--model", "--token-file", "--parent-fd", "--dashboard", "--forecaster",
                     "--state-dir", "--log-level", "--model-dir", "--spark-url", "--spark-app"]:
            self.assertIn("\n  %s " % flag, out)
        self.assertEqual(call("predictor", "--help", program=COMMAND), (code, out, errors))

    def test_needs_libc_and_libm_only(self):
        needed = subprocess.run(["readelf", "--wide", "--dynamic", PROGRAM], capture_output=True, text=True,
                                check=True).stdout
        libraries = [line.split("[")[1].split("]")[0] for line in needed.splitlines() if "(NEEDED)" in line]
        if any("san" in library for library in libraries):
            self.skipTest("a sanitizer needs its own")
        self.assertEqual({library for library in libraries if not library.startswith("ld")},
                         {"libc.so.6", "libm.so.6"})

    def test_wrong_flags(self):
        for arguments, text in [(["--prot", "1"], "did you mean --port?"), (["--port", "70000"], "0 to 65535"),
                                (["--forecaster", "oracle"], "ridge"), (["extra"], "unexpected argument")]:
            code, out, errors = call(*arguments)
            self.assertEqual((code, out), (USAGE, ""), arguments)
            self.assertIn(text, errors)
            self.assertIn("adaptivestream-predictor", errors)

    def test_the_originals_flags(self):
        with Predictor("--spark-url", "http://x", "--spark-app", "a", "--model-dir", "models") as predictor:
            for flag in ["--spark-url", "--spark-app", "--model-dir"]:
                self.assertEqual(sum(flag in line for line in predictor.log), 1, predictor.log)
            code, out, log = predictor.end()
            self.assertEqual((code, out), (OK, b""))
            self.assertTrue(all(line.startswith("[Predictor] ") for line in log), log)

    def test_a_wrong_model_is_named_and_replaced(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "broken.model")
            pathlib.Path(path).write_bytes(b"ASTREAML and nothing")
            with Predictor("--model", path) as predictor, predictor.client() as client:
                said = [line for line in predictor.log if path in line]
                self.assertEqual(len(said), 1, predictor.log)
                self.assertIn("warning", said[0])
                self.assertIn("the built-in model", said[0])
                self.assertEqual(client.predict()["model"], "lstm")

    def test_addresses(self):
        for host in ["localhost", "127.0.0.2", "::1"]:
            with Predictor("--host", host, wait=False) as predictor:
                wait_for("it listens or ends", lambda: predictor.listening() or predictor.process.poll() is not None)
                if host == "::1" and not predictor.port:
                    self.skipTest("no IPv6 here: %s" % predictor.log)
                with socket.create_connection((host, predictor.port), timeout=DEADLINE) as client:
                    client.sendall(b"health\n")
                    self.assertTrue(client.recv(100).startswith(b"ok,"))  # on the loopback interface, so without hello
        with Predictor("--host", "no.such.host.invalid", wait=False) as predictor:
            self.assertEqual(predictor.wait()[0], FAILED)
            self.assertIn("no.such.host.invalid", predictor.log[-1])

    def test_port_taken(self):
        with Predictor() as first, Predictor(port=str(first.port), wait=False) as second:
            code, out, log = second.wait()
            self.assertEqual((code, out), (FAILED, b""))
            self.assertIn("port %d" % first.port, log[-1])
            with first.client() as client:
                self.assertEqual(client.predict()["model"], "lstm")
            self.assertTrue(first.token_path.exists())


class Protocol(unittest.TestCase):
    def setUp(self):
        self.predictor = Predictor()
        self.addCleanup(self.predictor.__exit__)

    def test_conversation(self):
        with self.predictor.client() as client:
            hello = client.ask(message("hello", token=self.predictor.token, client="agent", id=5))
            self.assertEqual((hello["v"], hello["id"], hello["ok"], hello["pid"]),
                             (1, 5, True, self.predictor.process.pid))
            self.assertRegex(hello["version"], r"^\d+\.\d+\.\d+$")
            forecast = client.predict(time_ms=1790000000000, id=-7)
            self.assertEqual((forecast["id"], forecast["query"], forecast["model"]), (-7, "q", "lstm"))
            # A ramp of one more every second, whose last value is 129.
            self.assertAlmostEqual(forecast["rate"], 129.5, delta=3)
            self.assertEqual(forecast["confidence"], 0)
            self.assertNotIn("effective", forecast)
            self.assertLessEqual(forecast["quantiles"]["0.1"], forecast["quantiles"]["0.9"])
            self.assertGreaterEqual(forecast["elapsed_us"], 0)
            health = client.ask(message("health"))
            self.assertEqual((health["status"], health["model"], health["queries"], health["requests"]),
                             ("ready", "lstm", 1, 3))

            self.assertEqual(client.ask(message("status")), {"v": 1, "queries": []})
            client.send(message("observe", query="q", query_id="0d", state="warmup", config={"trigger_s": 2},
                                slots={"start_ms": 1790000000000, "width_ms": 100, "counts": [1, 2]}))
            client.send(message("observe", query="q", state="active", why="", time_ms=5))
            status = client.ask(message("status", query="q"))["queries"]
            self.assertEqual(len(status), 1)
            self.assertEqual((status[0]["query"], status[0]["query_id"], status[0]["state"], status[0]["time_ms"]),
                             ("q", "0d", "active", 5))
            self.assertEqual(status[0]["config"]["trigger_s"], 2)
            self.assertEqual(client.ask(message("status", query="r"))["queries"], [])
            client.send(message("observe", query="q", slots={"counts": "none"}))
            self.assertIn("slots: an array is expected", client.line())

    def test_a_change_reaches_its_query_once(self):
        with self.predictor.friend() as agent, self.predictor.friend() as cli, self.predictor.client() as stranger:
            agent.predict("one")
            agent.predict("two")
            self.assertEqual(cli.ask(message("set", query="one", goal="latency", origin="cli")), {"v": 1, "ok": True})
            self.assertEqual(cli.ask(message("set", query="*", budget=0.5, origin="page")), {"v": 1, "ok": True})
            self.assertIn("no query of this name", cli.ask(message("set", query="three", goal="cost"))["error"])
            self.assertIn("goal: ", cli.ask(message("set", query="one", goal="fast"))["error"])
            self.assertNotIn("set", stranger.predict("one"))
            self.assertEqual(agent.predict("one")["set"], {"goal": "latency", "budget": 0.5, "origin": "page"})
            self.assertEqual(agent.predict("two")["set"], {"budget": 0.5, "origin": "page"})
            self.assertNotIn("set", agent.predict("one"))

    def test_without_hello_nothing_is_told_and_no_trace_is_left(self):
        with self.predictor.client() as client:
            for request in [message("observe", query="q", state="active"), message("status"),
                            message("set", query="*", goal="cost")]:
                self.assertIn("needs a hello", client.ask(request)["error"])
            self.assertEqual(client.predict()["model"], "lstm")
            self.assertEqual(client.ask(message("health"))["queries"], 0)

    def test_a_wrong_token_is_answered_late_and_in_order(self):
        with self.predictor.client() as client, self.predictor.client() as other:
            begun = time.monotonic()
            client.send(message("hello", token=TOKEN, id=1), message("health", id=2))
            self.assertEqual(other.ask(message("health", id=3))["id"], 3)
            answer = json.loads(client.line())
            self.assertGreaterEqual(time.monotonic() - begun, 0.2)
            self.assertEqual((answer["id"], answer["error"]), (1, "the token is wrong"))
            self.assertEqual(json.loads(client.line())["id"], 2)
            for token in ["", "x", TOKEN[1:], self.predictor.token + "0", 5, None]:
                self.assertIn("error", client.ask(message("hello", token=token)), token)
            self.assertIn("error", client.ask(message("status")))
            client.hello(self.predictor.token)
            self.assertIn("queries", client.ask(message("status")))

    def test_garbage(self):
        with self.predictor.client() as client:
            for line in [b"\xff\xfe\x00\x01", b"GET / HTTP/1.1\r", b"{", b"{}", b"[]", b"{\"v\":1}", b"null", b"",
                         b"{\"v\":2,\"op\":\"health\"}", b"{" * 1000, b"\"", b"predict\x00", b"predict "]:
                client.send(line)
                self.assertRegex(client.line(), r'^(error:|\{"v":1,"error":")', line)
            for index in range(256):
                client.send(bytes([index]) * 3 if index != 10 else b"x")
                self.assertIn("error", client.line())
            self.assertEqual(client.predict()["model"], "lstm")

    def test_unknown_members_are_passed_over(self):
        with self.predictor.client() as client:
            self.assertEqual(client.predict(new={"a": [1, {"b": None}]}, token=5)["model"], "lstm")

    def test_lines_split_anywhere_and_many_in_one_segment(self):
        with self.predictor.client() as client:
            for byte in (json.dumps(message("predict", query="q", history=HISTORY, id=1)) + "\n").encode():
                client.socket.sendall(bytes([byte]))
            self.assertEqual(json.loads(client.line())["id"], 1)
            client.send(*[message("predict", query="q", history=HISTORY, id=i) for i in range(500)])
            self.assertEqual([json.loads(client.line())["id"] for _ in range(500)], list(range(500)))
            client.send(message("health", id=1), "predict", "nonsense", message("health", id=2), b"health\r")
            lines = [client.line() for _ in range(5)]
            self.assertEqual([json.loads(lines[i])["id"] for i in (0, 3)], [1, 2])
            self.assertEqual((lines[1][:15], lines[2][:6], lines[4][:3]), ("predicted_rate:", "error:", "ok,"))

    def test_what_is_sent_before_the_end_is_answered(self):
        with self.predictor.client() as client:
            client.send(*["rate:%d" % i for i in range(100)], "health")
            client.socket.shutdown(socket.SHUT_WR)
            self.assertEqual([client.line() for _ in range(101)], ["ack"] * 100 + ["ok,status:ready,history_len:30"])
            self.assertIsNone(client.line())

    def test_the_longest_line_and_one_longer(self):
        base = json.dumps(message("health", x=""))
        longest = json.dumps(message("health", x="y" * (LINE_MAXIMUM - 1 - len(base))))
        self.assertEqual(len(longest), LINE_MAXIMUM - 1)
        with self.predictor.client() as client, self.predictor.client() as other:
            for _ in range(3):
                self.assertEqual(client.ask(longest)["status"], "ready")
            for _ in range(2):
                with self.predictor.client() as wordy:
                    wordy.send("x" * LINE_MAXIMUM)
                    self.assertIn("longer than 65536 bytes", wordy.line())
                    self.assertIsNone(wordy.line())
            self.assertEqual(other.predict()["model"], "lstm")
            self.assertEqual(client.predict()["model"], "lstm")

    def test_plain_lines(self):
        with self.predictor.client() as client, self.predictor.client() as other:
            self.assertEqual(client.ask("predict"), "predicted_rate:0.00,confidence:0.0000")
            self.assertEqual(client.ask("health"), "ok,status:warming_up,history_len:0")
            for i in range(29):
                self.assertEqual(client.ask("rate:%g" % (500.5 + i % 2)), "ack")
            self.assertEqual(client.ask("health"), "ok,status:warming_up,history_len:29")
            for text in ["rate:", "rate:abc", "rate:-1", "rate:nan", "rate:1e400", "rate:0x10"]:
                self.assertTrue(client.ask(text).startswith("error:"), text)
            self.assertEqual(client.ask("rate:501"), "ack")
            self.assertEqual(client.ask("health"), "ok,status:ready,history_len:30")
            for _ in range(20):
                client.ask("rate:501")
            answer = client.ask("predict")
            self.assertRegex(answer, r"^predicted_rate:\d+\.\d\d,confidence:[01]\.\d{4}$")
            rate, confidence = [float(part.split(":")[1]) for part in answer.split(",")]
            self.assertAlmostEqual(rate, 501, delta=10)
            self.assertGreater(confidence, 0.9)
            self.assertLessEqual(confidence, 1)
            self.assertEqual(other.ask("health"), "ok,status:warming_up,history_len:0")
            for command in ["dance", "PREDICT", "", "health "]:
                self.assertTrue(client.ask(command).startswith("error:"), command)

    def test_many_queries(self):
        with self.predictor.friend() as client:
            for start in range(0, QUERIES_MAXIMUM + 100, 50):
                client.send(*[message("observe", query="query %d" % i, state="active", time_ms=i)
                              for i in range(start, start + 50)])
            self.assertEqual(client.ask(message("health"))["queries"], QUERIES_MAXIMUM)
            seen, start = set(), 0
            while start is not None:
                text = client.ask(message("status", **{"from": start}))
                seen.update(query["query"] for query in text["queries"])
                start = text.get("next")
            self.assertEqual(seen, {"query %d" % i for i in range(100, QUERIES_MAXIMUM + 100)})

    def test_each_of_many_clients_gets_his_own_answers(self):
        failures = []

        def talk(number):
            try:
                with self.predictor.friend() as client:
                    for i in range(50):
                        answer = client.ask(message("predict", query="query %d" % number, id=number * 1000 + i,
                                                    history=[float(number * 100)] * 30))
                        if (answer["id"], answer["query"]) != (number * 1000 + i, "query %d" % number) or \
                                abs(answer["rate"] - number * 100) > 10 + number:
                            failures.append(answer)
            except Exception as error:  # an assertion in a thread would be lost
                failures.append(repr(error))

        threads = [threading.Thread(target=talk, args=(number,)) for number in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(DEADLINE)
        self.assertEqual(failures, [])
        with self.predictor.client() as client:
            self.assertEqual(client.ask(message("health"))["queries"], 32)


class Forecasters(unittest.TestCase):
    def test_each_answers_by_its_name(self):
        last = {}
        for name in ["last", "ema", "holt", "ridge", "lstm"]:
            with Predictor("--forecaster", name) as predictor, predictor.friend() as client:
                answer = client.predict()
                self.assertEqual(answer["model"], name)
                self.assertEqual("quantiles" in answer, name == "lstm")
                last[name] = answer["rate"]
        self.assertEqual(last["last"], 129)
        self.assertEqual(last["ridge"], 129)  # the last value, as long as it has learnt nothing
        self.assertTrue(120 < last["ema"] < 129 < last["holt"] < 131, last)

    def test_ridge_learns_from_what_comes(self):
        rates = [100 + 50 * (i % 2) for i in range(300)]
        with Predictor("--forecaster", "ridge") as predictor, predictor.friend() as client:
            error = naive = 0.0
            for end in range(30, 300):
                answer = client.ask(message("predict", query="q", history=rates[end - 30:end],
                                            time_ms=1790000000000 + end * 1000))
                if end >= 200:
                    error += abs(answer["rate"] - rates[end])
                    naive += abs(rates[end - 1] - rates[end])
            self.assertLess(error, naive / 10)


class Clients(unittest.TestCase):
    def test_half_a_line_is_not_waited_for_for_ever(self):
        with Predictor("--client-timeout", "300ms") as predictor, predictor.client() as client, \
                predictor.client() as idle:
            client.socket.sendall(b'{"v":1,')
            self.assertIsNone(self.end_of(client))
            # One that has begun no line may be as quiet as it likes.
            self.assertEqual(idle.predict()["model"], "lstm")

    def end_of(self, client):
        try:
            return client.line()
        except (ConnectionResetError, BrokenPipeError):
            return None

    def test_dripping_bytes_do_not_buy_time(self):
        with Predictor("--client-timeout", "300ms") as predictor, predictor.client() as client:
            def drip():
                try:
                    client.socket.sendall(b"x")
                    return False
                except (BrokenPipeError, ConnectionResetError):
                    return True
            wait_for("the client is sent away", drip)

    def test_one_who_takes_no_answers_is_sent_away_and_delays_nobody(self):
        with Predictor("--client-timeout", "1s") as predictor, predictor.client() as other:
            # With little room in the kernel, so that it is full soon.
            stuck = [Client(predictor.port, receive_buffer=4096) for _ in range(8)]
            request = (json.dumps(message("predict", query="q" * 255, history=HISTORY)) + "\n").encode() * 50
            gone = set()

            def stuff(client):
                client.socket.setblocking(False)
                try:
                    client.socket.send(request)
                except BlockingIOError:
                    pass
                except (BrokenPipeError, ConnectionResetError):
                    gone.add(client)

            times = []
            deadline = time.monotonic() + DEADLINE
            while len(gone) < len(stuck) and time.monotonic() < deadline:
                for client in stuck:
                    if client not in gone:
                        stuff(client)
                begun = time.monotonic()
                self.assertEqual(other.predict()["model"], "lstm")
                times.append(time.monotonic() - begun)
            self.assertEqual(len(gone), len(stuck))
            # Generous, for a machine that does other things as well; the stuck ones are there for more than a second each.
            self.assertLess(statistics.median(times), 0.5)
            for client in stuck:
                client.socket.close()

    def test_too_many_clients(self):
        with Predictor() as predictor:
            clients = [predictor.friend() if i < 3 else predictor.client() for i in range(CLIENTS_MAXIMUM)]
            for client in clients:
                self.assertEqual(client.ask(message("health"))["status"], "ready")
            with predictor.client() as late:
                self.assertIn("too many clients", late.line())
                self.assertIsNone(late.line())
            self.assertEqual(clients[-1].predict()["model"], "lstm")
            clients.pop().socket.close()

            def place():
                with predictor.client() as client:
                    try:
                        return client.ask(message("health")).get("status") == "ready"
                    except (AttributeError, ConnectionResetError, BrokenPipeError):
                        return False
            wait_for("the place is free again", place)
            for client in clients:
                client.socket.close()

    def test_clients_that_come_and_go_leave_nothing(self):
        with Predictor() as predictor:
            def descriptors():
                return len(os.listdir("/proc/%d/fd" % predictor.process.pid))
            with predictor.client() as client:
                client.predict()
            before = wait_for("the client is gone", lambda: descriptors())
            for i in range(300):
                with predictor.client() as client:
                    client.send(message("predict", query="q", history=HISTORY))
                    if i % 2:
                        client.line()
            wait_for("all are gone", lambda: descriptors() <= before)
            with predictor.client() as client:
                self.assertEqual(client.predict()["model"], "lstm")


class Lifetime(unittest.TestCase):
    def test_signals_end_it_cleanly(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with Predictor() as predictor, predictor.client() as client:
                client.predict()
                path = predictor.token_path
                self.assertTrue(path.exists())
                code, out, _ = predictor.end(number)
                self.assertEqual((code, out), (OK, b""))
                self.assertFalse(path.exists())
                self.assertIsNone(client.line())

    def test_restart_on_the_same_port(self):
        with tempfile.TemporaryDirectory() as runtime:
            with Predictor(runtime=runtime) as predictor, predictor.client() as client:
                port, before = predictor.port, client.predict()
                predictor.process.kill()
                predictor.process.wait(DEADLINE)
                with Predictor(runtime=runtime, port=str(port)) as second, second.client() as again:
                    after = again.predict()
                    self.assertEqual((before["rate"], before["quantiles"]), (after["rate"], after["quantiles"]))

    def test_closed_standard_descriptors(self):
        """Without care a client's socket would be descriptor 2, and get the log."""
        program = "exec \"$0\" --port %d --spark-url x <&- >&- 2>&-"
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        with tempfile.TemporaryDirectory() as runtime:
            process = subprocess.Popen(["sh", "-c", program % port, PROGRAM], env=dict(os.environ, XDG_RUNTIME_DIR=runtime))
            path = pathlib.Path(runtime, "adaptivestream", "%d.token" % port)
            try:
                wait_for("it listens", path.exists)
                with Client(port) as client:
                    client.hello(path.read_text().strip())
                    self.assertEqual(client.predict()["model"], "lstm")
                    for number in range(3):
                        self.assertEqual(os.readlink("/proc/%d/fd/%d" % (process.pid, number)), "/dev/null")
            finally:
                process.terminate()
                self.assertEqual(process.wait(DEADLINE), OK)

    def test_a_log_that_nobody_reads_any_more(self):
        with tempfile.TemporaryDirectory() as runtime:
            process = subprocess.Popen([PROGRAM, "--port", "0", "--log-level", "debug"], stderr=subprocess.PIPE,
                                       env=dict(os.environ, XDG_RUNTIME_DIR=runtime))
            process.stderr.readline()
            process.stderr.close()
            process.terminate()  # of which it writes a line
            self.assertEqual(process.wait(DEADLINE), OK)

    def test_token_file(self):
        with Predictor() as predictor:
            status = os.lstat(predictor.token_path)
            self.assertEqual(stat.S_IMODE(status.st_mode), 0o600)
            self.assertEqual(stat.S_IMODE(os.lstat(predictor.token_path.parent).st_mode), 0o700)
            self.assertRegex(predictor.token, r"^[0-9a-f]{64}$")
            with Predictor(runtime=predictor.runtime) as second:
                self.assertNotEqual(second.token, predictor.token)
                path = second.token_path
                second.process.kill()
                second.process.wait(DEADLINE)
                self.assertTrue(path.exists())
            # The next one clears away what a killed one left, and nothing of one that runs.
            with Predictor(runtime=predictor.runtime) as third:
                self.assertFalse(path.exists() and path != third.token_path)
                self.assertTrue(predictor.token_path.exists())

    def test_a_folder_that_cannot_be_trusted_is_not_used(self):
        def symbolic(folder, target):
            os.symlink(target, folder)

        def open_to_others(folder, _):
            os.mkdir(folder)
            os.chmod(folder, 0o755)

        def a_file(folder, _):
            pathlib.Path(folder).write_text("")

        for make in (symbolic, open_to_others, a_file):
            with tempfile.TemporaryDirectory() as runtime, tempfile.TemporaryDirectory() as target:
                folder = os.path.join(runtime, "adaptivestream")
                os.chmod(target, 0o700)
                make(folder, target)
                with Predictor(runtime=runtime) as predictor, predictor.client() as client:
                    self.assertEqual(client.predict()["model"], "lstm")
                    self.assertTrue(any("no token file" in line and folder in line for line in predictor.log),
                                    predictor.log)
                    self.assertEqual(os.listdir(target), [])
                    self.assertFalse(predictor.token_path.exists())
                    code, out, _ = predictor.end()
                    self.assertEqual((code, out), (OK, b""))

    def test_other_machines_need_a_token_file(self):
        with Predictor("--host", "0.0.0.0", wait=False) as predictor:
            code, out, log = predictor.wait()
            self.assertEqual((code, out), (FAILED, b""))
            self.assertIn("--token-file", log[-1])
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "token")
            for text in ["", "short\n", TOKEN[1:] + "\n", TOKEN + "0\n", "g" + TOKEN[1:] + "\n"]:
                pathlib.Path(path).write_text(text)
                with Predictor("--host", "0.0.0.0", "--token-file", path, wait=False) as predictor:
                    self.assertEqual(predictor.wait()[0], FAILED)
                    self.assertIn(path, predictor.log[-1])
                    self.assertNotIn(text.strip() or "nothing", predictor.log[-1])
            pathlib.Path(path).write_text(TOKEN + "\n")
            os.chmod(path, 0o644)
            with Predictor("--host", "0.0.0.0", "--token-file", path) as predictor, predictor.client() as client:
                self.assertTrue(any("read by others" in line for line in predictor.log))
                self.assertEqual(predictor.token, TOKEN)
                self.assertIn("needs a hello", client.predict()["error"])
                self.assertIn("needs a hello", client.ask(message("health"))["error"])
                for line in ["predict", "health", "rate:5"]:
                    self.assertTrue(client.ask(line).startswith("error:"))
                client.hello(TOKEN)
                self.assertEqual(client.predict()["model"], "lstm")
                self.assertEqual(client.ask("rate:5"), "ack")


class Child(unittest.TestCase):
    """Started by an agent, which this test plays."""

    def start(self, port="0", token=TOKEN, flags=(), **options):
        ours, theirs = socket.socketpair()
        ours.settimeout(DEADLINE)
        self.addCleanup(ours.close)
        if token is not None:
            ours.sendall((json.dumps({"v": 1, "token": token}) + "\n").encode())
        predictor = Predictor("--parent-fd", str(theirs.fileno()), *flags, port=port, wait=False,
                              pass_fds=[theirs.fileno(), *options.pop("more_fds", [])], **options)
        self.addCleanup(predictor.__exit__)
        theirs.close()
        return predictor, ours

    def ready(self, predictor, ours):
        text = b""
        while not text.endswith(b"\n"):
            more = ours.recv(4096)
            self.assertTrue(more, predictor.log)
            text += more
        answer = json.loads(text)
        predictor.port = answer["port"]
        self.assertEqual((answer["v"], answer["pid"], answer["dashboard"]), (1, predictor.process.pid, None))
        return answer

    def test_ready_and_the_end_with_its_parent(self):
        predictor, ours = self.start()
        self.ready(predictor, ours)
        self.assertEqual(predictor.token, TOKEN)
        path = predictor.token_path
        with predictor.client() as client:
            client.hello(TOKEN)
            self.assertEqual(client.predict()["model"], "lstm")
            # What a terminal sends to the whole group is not meant for it.
            predictor.process.send_signal(signal.SIGINT)
            predictor.process.send_signal(signal.SIGHUP)
            ours.sendall(b"something that nobody expects\n")
            self.assertEqual(client.predict()["model"], "lstm")
            ours.close()
            self.assertEqual(predictor.wait()[:2], (OK, b""))
            self.assertFalse(path.exists())
            self.assertIsNone(client.line())

    def test_sigterm(self):
        predictor, ours = self.start()
        self.ready(predictor, ours)
        self.assertEqual(predictor.end()[:2], (OK, b""))
        self.assertEqual(ours.recv(1), b"")

    def test_a_taken_port_is_replaced(self):
        with socket.create_server(("127.0.0.1", 0)) as stranger:
            taken = stranger.getsockname()[1]
            predictor, ours = self.start(port=str(taken))
            self.assertNotEqual(self.ready(predictor, ours)["port"], taken)
            with predictor.client() as client:
                self.assertEqual(client.predict()["model"], "lstm")
            wait_for("it says so", lambda: any("port %d is taken" % taken in line for line in predictor.log))

    def test_no_token_no_service(self):
        for token in ["12", "x" * 64, None]:
            predictor, ours = self.start(token=token)
            if token is None:
                ours.close()
            self.assertEqual(predictor.wait()[:2], (FAILED, b""))
            self.assertEqual(len(predictor.log), 1)
        code, out, errors = call("--parent-fd", "777")
        self.assertEqual((code, out), (FAILED, ""))
        self.assertIn("no socket", errors)

    def test_descriptors_left_inheritable_are_closed(self):
        with tempfile.TemporaryFile() as low, tempfile.TemporaryFile() as high:
            os.dup2(high.fileno(), 300, inheritable=True)
            try:
                predictor, ours = self.start(more_fds=[low.fileno(), 300])
            finally:
                os.close(300)
            self.ready(predictor, ours)
            folder = "/proc/%d/fd" % predictor.process.pid
            targets = [os.readlink(os.path.join(folder, name)) for name in os.listdir(folder)]
            self.assertFalse([target for target in targets if "deleted" in target], targets)

    def test_a_killed_parent_takes_it_along(self):
        program = ("import os, socket, subprocess, sys, time\n"
                   "ours, theirs = socket.socketpair()\n"
                   "ours.sendall(b'{\"v\":1,\"token\":\"%s\"}\\n')\n"
                   "child = subprocess.Popen([%r, '--port', '0', '--parent-fd', str(theirs.fileno())],\n"
                   "                         pass_fds=[theirs.fileno()])\n"
                   "theirs.close()\n"
                   "ours.recv(4096)\n"
                   "%s\n"
                   "print(child.pid, flush=True)\n"
                   "time.sleep(600)\n")
        for stop in ["", "os.kill(child.pid, 19)"]:
            with tempfile.TemporaryDirectory() as runtime:
                parent = subprocess.Popen([sys.executable, "-c", program % (TOKEN, PROGRAM, stop)],
                                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                          env=dict(os.environ, XDG_RUNTIME_DIR=runtime))
                pid = int(parent.stdout.readline())
                parent.kill()
                parent.wait(DEADLINE)
                parent.stdout.close()
                wait_for("the child is gone", lambda: not self.lives(pid))

    @staticmethod
    def lives(pid):
        try:
            with open("/proc/%d/stat" % pid, encoding="ascii", errors="replace") as file:
                return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
        except FileNotFoundError:
            return False


if __name__ == "__main__":
    PROGRAM, COMMAND = (os.path.abspath(path) for path in sys.argv[1:3])
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])

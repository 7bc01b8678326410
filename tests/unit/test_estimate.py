"""adaptivestream estimate as its users meet it: traces, a job's own reports in every form, verdicts, messages.

    python3 test_estimate.py PATH/TO/adaptivestream [unittest arguments]
"""

import bisect
import datetime
import gzip
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml

PROGRAM = ""
TRACES = pathlib.Path(__file__).resolve().parent.parent / "data" / "traces"
SAMPLES = pathlib.Path(__file__).resolve().parent.parent / "data" / "progress"
OK, FAILED, USAGE = 0, 1, 2
GOALS = ["balanced", "strict", "latency", "cost"]
EVENT = "org.apache.spark.sql.streaming.StreamingQueryListener$QueryProgressEvent"


def call(*arguments, **options):
    result = subprocess.run([PROGRAM, "estimate", *map(str, arguments)], capture_output=True, text=True, timeout=120,
                            **options)
    return result.returncode, result.stdout, result.stderr


def reports(phases, trigger_s=2, name="orders"):
    """What a query on this trigger, a batch taking 250 ms and 20 us an event, would report of (rate, seconds) phases."""
    chance = random.Random(name)
    events, start = [], 0
    for rate, seconds in phases:
        at = start + chance.expovariate(rate) if rate else start + seconds
        while at < start + seconds:
            events.append(at)
            at += chance.expovariate(rate)
        start += seconds
    result, taken, now, batch, reported = [], 0, 0, 0, -60
    while now < start:
        rows = bisect.bisect_right(events, now) - taken
        taken += rows
        took = 0.25 + 20e-6 * rows if rows else 0.002
        if rows or now - reported >= 10:
            moment = datetime.datetime(2026, 1, 31, 12) + datetime.timedelta(milliseconds=int(1000 * now))
            result.append({
                "id": f"id-{name}", "runId": f"run-{name}", "name": name,
                "timestamp": moment.isoformat(timespec="milliseconds") + "Z", "batchId": batch,
                "durationMs": {"triggerExecution": int(1000 * took)},
                "sources": [{"description": "KafkaV2[Subscribe[events]]", "numInputRows": rows}]})
            batch += rows > 0
            reported = now
        now = (int((now + took) / trigger_s) + 1) * trigger_s + chance.random() * 0.004
    return result


BURSTS = reports([(200, 150), (4000, 10), (200, 140), (5, 150)] * 2)


class Files(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def file(self, name, text):
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def trace(self, phases, bins_per_s=10):
        """Evenly spaced events."""
        counts, sent, due = [], 0, 0.0
        for rate, seconds in phases:
            for _ in range(seconds * bins_per_s):
                due += rate / bins_per_s
                counts.append(int(due + 1e-9) - sent)
                sent += counts[-1]
        return self.file("trace.csv", "count\n" + "".join(f"{count}\n" for count in counts))


class Verdicts(Files):
    def verdict(self, *arguments):
        code, out, errors = call(*arguments, "--json")
        self.assertEqual((code, errors), (OK, ""))
        return json.loads(out)

    def test_steady_traffic(self):
        result = self.verdict(self.trace([(100, 1800)]), "--bin", "0.1")
        self.assertEqual(result["verdict"], "not_worth_it")
        self.assertAlmostEqual(result["theoretical_factor"], 1, 2)
        self.assertRegex(result["sentence"], "^Not worth it: .*your trigger is already about as good as any")
        self.assertAlmostEqual(result["now"]["mean_s"], 1, 2)
        self.assertAlmostEqual(result["now"]["batches_per_hour"], 1800, -1)

    def test_bursts(self):
        result = self.verdict(self.trace([(200, 300), (4000, 20), (200, 280), (5, 300)] * 2), "--bin", "0.1")
        self.assertEqual(result["verdict"], "worth_it")
        self.assertLess(result["theoretical_factor"], 0.7)
        self.assertLess(result["goals"]["balanced"]["mean_s"], 0.8 * result["now"]["mean_s"])
        self.assertLessEqual(result["goals"]["strict"]["max_s"], 2)
        self.assertLess(result["goals"]["cost"]["batches"], 0.9 * result["now"]["batches"])

    def test_short_traffic(self):
        self.assertEqual(self.verdict(self.trace([(10, 100), (500, 50)]), "--bin", "0.1")["verdict"], "too_short")

    def test_slow_batches(self):
        result = self.verdict(self.trace([(100, 1800)]), "--bin", "0.1", "--batch-cost", "3s")
        self.assertEqual(result["verdict"], "overloaded")

    def test_recorded_traces(self):
        for name, width in [("llm_code", "0.1"), ("tweets_tvshow", "0.1"), ("nasa_http", "1")]:
            result = self.verdict(TRACES / f"{name}.csv.gz", "--bin", width)
            self.assertGreater(result["events"], 8000)
            self.assertEqual(sorted(result["goals"]), sorted(GOALS))
            budgets = [point["budget"] for point in result["curve"]]
            self.assertEqual(budgets, [0.5, 0.7, 1, 1.4, 2])

    def test_the_goal_asked_for(self):
        trace = self.trace([(200, 300), (4000, 20), (200, 280), (5, 300)])
        result = self.verdict(trace, "--bin", "0.1", "--goal", "cost", "--trigger", "4s")
        self.assertEqual((result["goal"], result["trigger_s"]), ("cost", 4))
        at_par = result["curve"][2]
        self.assertEqual(at_par["adaptive"]["batches"], result["goals"]["cost"]["batches"])
        self.assertEqual(at_par["fixed_trigger_s"], 4)


class Reports(Files):
    def job(self, text, *arguments, name="app.log"):
        code, out, errors = call("--progress", self.file(name, text), "--json", *arguments)
        self.assertEqual((code, errors), (OK, ""))
        result = json.loads(out)
        del result["source"]
        return result

    def test_every_form_gives_the_same(self):
        prefix = "26/01/31 12:00:00 INFO MicroBatchExecution: Streaming query made progress: "
        lines = "".join(json.dumps(report) + "\n" for report in BURSTS)
        expected = self.job(lines)
        self.assertEqual(expected["verdict"], "worth_it")
        job = expected["job"]
        self.assertEqual((job["query"], job["trigger_s"], job["missing_batches"]), ("orders", 2, 0))
        self.assertEqual(job["batches"], sum(report["sources"][0]["numInputRows"] > 0 for report in BURSTS))
        self.assertEqual(expected["events"] + job["rows_left_out"], job["rows"])
        self.assertAlmostEqual(expected["batch_fixed_s"], 0.25, 2)
        self.assertAlmostEqual(expected["batch_per_event_s"], 20e-6, 6)
        # The model of the job makes the batches that the job made.
        self.assertLess(abs(expected["now"]["batches"] / job["batches"] - 1), 0.02)
        for text in [
            "".join(json.dumps({"Event": EVENT, "progress": report}) + "\n" for report in BURSTS),
            "".join(prefix + json.dumps(report, indent=2, separators=(",", " : ")) + "\n" for report in BURSTS),
            "".join("12:00 INFO Mine: " + json.dumps(report) + "\n" for report in BURSTS),
            "".join(json.dumps({"ts": "x", "msg": prefix + json.dumps(report, indent=2)}) + "\n"
                    for report in BURSTS),
            "".join(reversed(lines.splitlines(keepends=True))),
            lines + lines,
            gzip.compress(lines.encode()),
        ]:
            self.assertEqual(self.job(text), expected)

    def test_standard_input(self):
        text = "".join(json.dumps(report) + "\n" for report in BURSTS)
        code, out, errors = call("--progress", "-", input=text)
        self.assertEqual((code, errors), (OK, ""))
        self.assertIn("Worth it: ", out)

    def test_several_queries(self):
        clicks = reports([(50, 700)], name="clicks")
        path = self.file("app.log", "".join(json.dumps(report) + "\n" for report in BURSTS + clicks))
        code, out, errors = call("--progress", path)
        self.assertEqual((code, out), (USAGE, ""))
        self.assertIn("2 queries; choose one by --query:", errors)
        self.assertIn("  orders (id id-orders): ", errors)
        self.assertIn("  clicks (id id-clicks): ", errors)
        for query in ("clicks", "id-clicks"):
            code, out, _ = call("--progress", path, "--query", query)
            self.assertEqual(code, OK)
            self.assertIn("Query clicks, ", out)
            self.assertIn("Not worth it", out)
        code, out, errors = call("--progress", path, "--query", "click")
        self.assertEqual((code, out), (USAGE, ""))
        self.assertIn("no query 'click'", errors)
        self.assertIn("  clicks (id id-clicks)", errors)

    def test_a_name_that_two_queries_bear(self):
        others = [{**report, "id": "id-2"} for report in reports([(50, 700)], name="orders")]
        path = self.file("both.log", "".join(json.dumps(report) + "\n" for report in BURSTS + others))
        code, out, errors = call("--progress", path, "--query", "orders")
        self.assertEqual((code, out), (USAGE, ""))
        self.assertIn("2 queries named 'orders'; choose one by its id:\n  orders (id id-orders): ", errors)
        self.assertEqual([call("--progress", path, "--query", query, "--json")[0] for query in ("id-orders", "id-2")], [OK, OK])

    def test_what_is_said_comes_before_what_is_found(self):
        text = "".join(json.dumps(report) + "\n" for report in BURSTS)
        result = self.job(text, "--trigger", "5s", "--batch-cost", "100ms")
        self.assertEqual((result["trigger_s"], result["job"]["trigger_s"]), (5, 2))
        self.assertEqual((result["batch_fixed_s"], result["batch_per_event_s"]), (0.1, 0))
        self.assertLess(self.job(text, "--limit", "5m")["seconds"], 301)

    def test_a_job_without_a_trigger(self):
        lines = []
        for i, report in enumerate(BURSTS[:300]):
            moment = datetime.datetime(2026, 1, 31, 12) + datetime.timedelta(milliseconds=260 * i)
            lines.append(json.dumps({**report, "timestamp": moment.isoformat(timespec="milliseconds") + "Z"}) + "\n")
        path = self.file("app.log", "".join(lines))
        code, out, errors = call("--progress", path)
        self.assertEqual((code, out), (USAGE, ""))
        self.assertIn("no trigger interval", errors)
        self.assertIn("--trigger 2s", errors)
        self.assertEqual(call("--progress", path, "--trigger", "2s")[0], OK)

    def test_missing_batches(self):
        lines = [json.dumps(report) + "\n" for report in BURSTS]
        del lines[100:103]
        self.assertEqual(self.job("".join(lines))["job"]["missing_batches"], 3)
        self.assertIn("3 batches are missing", call("--progress", self.file("app.log", "".join(lines)))[1])


class RealReports(Files):
    def test_the_estimate_is_what_the_agent_then_did(self):
        """Reports of a job on real Spark and Kafka that ran ungoverned, and what was measured with and without the agent
        on the same traffic: tests/data/progress/README.md."""
        code, out, errors = call("--progress", SAMPLES / "phases.json.gz", "--json")
        self.assertEqual((code, errors), (OK, ""))
        result = json.loads(out)
        self.assertEqual((result["job"]["trigger_s"], result["job"]["batches"]), (2, 276))
        slot = 0.1
        # One run: its mean under the agent differs by some 2 % from one to the next.
        for name, mean, p95, p99, batches in [("now", 1.003, 1.902, 1.983, 276), ("balanced", 0.531, 1.619, 1.973, 277)]:
            row = result["now"] if name == "now" else result["goals"][name]
            self.assertAlmostEqual(row["mean_s"] / mean, 1, delta=0.03 if name == "now" else 0.05)
            self.assertAlmostEqual(row["p95_s"], p95, delta=slot)
            self.assertAlmostEqual(row["p99_s"], p99, delta=slot)
            self.assertAlmostEqual(row["batches"] / batches, 1, delta=0.03)


    def test_logs_of_real_spark(self):
        for version, batches in [("3.5.7", 26), ("4.1.3", 12)]:
            results = []
            for name in (f"eventlog_{version}.gz", f"driver_{version}.log.gz"):
                code, out, errors = call("--progress", SAMPLES / name, "--query", "orders", "--json")
                self.assertEqual((code, errors), (OK, ""))
                results.append(json.loads(out))
                del results[-1]["source"]
                code, _, errors = call("--progress", SAMPLES / name)
                self.assertEqual(code, USAGE)
                self.assertRegex(errors, "2 queries; choose one by --query:\n  orders .*\n  [-0-9a-f]+ .no name.: ")
            self.assertEqual(results[0], results[1])
            job = results[0]["job"]
            self.assertEqual((job["trigger_s"], job["batches"], job["missing_batches"]), (1, batches, 0))


class Screen(Files):
    def test_the_width_of_bins_is_shown(self):
        trace = self.trace([(100, 1200)])
        for arguments, mention in [([], "; --bin 1 s\n"), (["--bin", "0.1"], "; --bin 0.1 s\n")]:
            code, out, errors = call(trace, *arguments)
            self.assertEqual((code, errors), (OK, ""))
            self.assertIn(mention, out)
        self.assertEqual(json.loads(call(trace, "--bin", "0.1", "--json")[1])["bin_s"], 0.1)

    def test_too_short_comes_without_tables(self):
        code, out, errors = call(self.trace([(10, 100), (500, 50)]), "--bin", "0.1")
        self.assertEqual((code, errors), (OK, ""))
        self.assertIn("Too short to tell", out)
        self.assertNotIn("mean wait", out)
        self.assertNotIn("In theory", out)

    def test_theory_that_promises_too_much_is_put_right(self):
        # A crowd every ten seconds and nothing between; the other trace changes slowly.
        for phases, too_fast in [([(500, 1), (0, 9)] * 90, True), ([(100, 601)] * 2, False)]:
            trace = self.trace(phases)
            result = json.loads(call(trace, "--bin", "0.1", "--trigger", "2s", "--json")[1])
            self.assertAlmostEqual(result["best_factor"], result["best"]["mean_s"] / result["now"]["mean_s"], 6)
            self.assertEqual(result["theoretical_factor"] < 0.99 * result["best_factor"], too_fast)
            self.assertEqual("even with the future known" in call(trace, "--bin", "0.1", "--trigger", "2s")[1], too_fast)

    def test_screen(self):
        code, out, errors = call(TRACES / "llm_code.csv.gz", "--bin", "0.1")
        self.assertEqual((code, errors), (OK, ""))
        for mention in ["8816 events in 57.3 min", "Trigger 2 s", "your trigger", *(f"goal {goal}" for goal in GOALS),
                        "In theory", "Worth it: "]:
            self.assertIn(mention, out)
        self.assertLessEqual(len(out.splitlines()), 25)
        self.assertLessEqual(max(map(len, out.splitlines())), 130)
        self.assertFalse(any(line != line.rstrip() for line in out.splitlines()))

    def test_plot(self):
        path = self.folder / "curve.svg"
        code, _, errors = call(TRACES / "llm_code.csv.gz", "--bin", "0.1", "--plot", path)
        self.assertEqual((code, errors), (OK, ""))
        root = xml.parse(path).getroot()
        self.assertEqual(root.tag, "{http://www.w3.org/2000/svg}svg")
        texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
        for text in ["batches an hour", "mean wait, s", "adaptive, goal balanced", "fixed trigger", "budget 0.5", "2 s"]:
            self.assertIn(text, texts)
        code, out, errors = call(TRACES / "llm_code.csv.gz", "--bin", "0.1", "--plot", "/nowhere/curve.svg")
        self.assertEqual(code, FAILED)
        self.assertIn("/nowhere/curve.svg: cannot be written", errors)
        self.assertIn("Worth it", out)


class Mistakes(Files):
    def check(self, code, mention, *arguments):
        got, out, errors = call(*arguments)
        self.assertEqual((got, out, errors.count("\n")), (code, "", 1), errors)
        self.assertIn(mention, errors)

    def test_usage(self):
        self.check(USAGE, "name a TRACE")
        self.check(USAGE, "not both", "trace.csv", "--progress", "app.log")
        self.check(USAGE, "unexpected argument 'b'", "a", "b")
        self.check(USAGE, "--query belongs to --progress", "trace.csv", "--query", "orders")
        self.check(USAGE, "--bin belongs to a TRACE", "--progress", "app.log", "--bin", "0.1")
        self.check(USAGE, "--speed belongs to a TRACE", "--progress", "app.log", "--speed", "2")
        self.check(USAGE, "--batch-cost: 'much'", "trace.csv", "--batch-cost", "much")
        self.check(USAGE, "balanced, strict, latency, cost", "trace.csv", "--goal", "fast")

    def test_a_folder_of_one_log(self):
        logs = self.folder / "logs"
        logs.mkdir()
        (logs / ".app.crc").write_text("x", encoding="utf-8")
        (logs / "app").write_text("".join(json.dumps(report) + "\n" for report in BURSTS), encoding="utf-8")
        code, out, errors = call("--progress", logs, "--json")
        self.assertEqual((code, errors), (OK, ""))
        self.assertEqual(json.loads(out)["job"]["query"], "orders")

    def test_files(self):
        self.check(FAILED, "/nowhere/trace.csv", "/nowhere/trace.csv")
        self.check(FAILED, ":2: 'x'", self.file("trace.csv", "count\nx\n"))
        self.check(FAILED, "no events in it", self.file("trace.csv", "count\n" + "0\n" * 1000))
        self.check(FAILED, "/nowhere/app.log: No such file", "--progress", "/nowhere/app.log")
        self.check(FAILED, "no query's progress in it", "--progress", self.file("app.log", "INFO words\n"))
        self.check(FAILED, "zstd -dc", "--progress", self.file("app.zstd", b"\x28\xb5\x2f\xfd\x00\x00\x00"))
        self.check(FAILED, "a folder of 3 files or folders; name one of them", "--progress", self.folder)
        empty = self.folder / "empty"
        empty.mkdir()
        self.check(FAILED, "an empty folder", "--progress", empty)
        (empty / "another").mkdir()
        self.check(FAILED, "another; name that", "--progress", empty)
        torn = json.dumps(BURSTS[0]) + "\n" + json.dumps(BURSTS[1])[:150] + "\n" + json.dumps(BURSTS[2]) + "\n"
        self.check(FAILED, "app.log:2: ", "--progress", self.file("app.log", torn))
        one = self.file("app.log", json.dumps(BURSTS[2]) + "\n")
        self.check(FAILED, "no events in it but those of the first batch", "--progress", one, "--trigger", "2s")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    PROGRAM = sys.argv.pop(1)
    unittest.main()

"""The command line as its users meet it: exit codes, messages, dry runs. Needs no Kafka.

    python3 test_cli.py PATH/TO/adaptivestream [unittest arguments]
"""

import gzip
import json
import os
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = ""
TRACES = pathlib.Path(__file__).resolve().parent.parent / "data" / "traces"
README = pathlib.Path(__file__).resolve().parent.parent.parent / "README.md"
OK, FAILED, USAGE = 0, 1, 2
SHAPES = ["noise", "ramp", "wall", "plateau", "cliff", "double-peak", "sawtooth", "mixed"]


def call(*arguments, **options):
    result = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=120, **options)
    return result.returncode, result.stdout, result.stderr


def counts(*arguments):
    """The counts of a dry run, checked to be one line a second."""
    code, out, errors = call("generate", "--dry-run", *arguments)
    assert (code, errors) == (OK, ""), (code, errors)
    lines = out.splitlines()
    assert lines[0] == "second,count", lines[0]
    rows = [tuple(map(int, line.split(","))) for line in lines[1:]]
    assert [second for second, _ in rows] == list(range(len(rows)))
    return [count for _, count in rows]


class Dispatch(unittest.TestCase):
    def test_without_subcommand(self):
        code, out, errors = call()
        self.assertEqual((code, out), (USAGE, ""))
        self.assertIn("generate", errors)

    def test_help(self):
        for arguments in (["help"], ["--help"], ["-h"], ["help", "help"]):
            code, out, errors = call(*arguments)
            self.assertEqual((code, errors), (OK, ""))
            self.assertIn("generate", out)
            self.assertIn("version", out)

    def test_help_of_a_subcommand(self):
        expected = call("generate", "--help")
        self.assertEqual(expected[0], OK)
        self.assertEqual(call("help", "generate"), expected)
        self.assertEqual(call("generate", "-h"), expected)
        for flag, default in [("--topic", "adaptive-stream"), ("--broker", "localhost:9092"), ("--duration", "300"),
                              ("--baseline", "100"), ("--burst-mult", "8"), ("--burst-prob", "0.1"),
                              ("--noise", "10"), ("--keys", "0"), ("--key-skew", "0")]:
            self.assertRegex(expected[1], rf"\n  {flag} (?:.|\n {{26}})*?\(default\s+{default}\)\n")
        self.assertIn("security.protocol=SASL_SSL", expected[1])

    def test_every_subcommand_has_help(self):
        listed = [line.split()[0] for line in call("help")[1].splitlines() if re.match(r"  \w", line)]
        self.assertIn("generate", listed)
        for name in listed:
            code, out, errors = call("help", name)
            self.assertEqual([line for line in out.splitlines() if len(line) > 80], [], name)
            self.assertEqual((code, errors), (OK, ""), name)
            self.assertIn("Usage: adaptivestream", out)

    def test_options_of_the_agent(self):
        code, out, errors = call("options")
        self.assertEqual((code, errors), (OK, ""))
        # What an option is may take several lines; the first one begins with its name.
        names = [line.split()[0] for line in out.splitlines() if line[2] != " "]
        self.assertEqual(names[0], "mode")
        self.assertLessEqual(max(map(len, out.splitlines())), 80)
        self.assertIn("goal", names)
        with open(README, encoding="utf-8") as readme:
            text = readme.read()
        for name in names:
            self.assertIn(f"| `{name}` |", text, "an option that the README does not list")
        self.assertEqual(call("options", "goal=strict,budget=2"), (OK, "", ""))
        code, out, errors = call("options", "config=/nowhere/agent.conf")
        self.assertEqual((code, out), (USAGE, ""))
        self.assertIn("config=/nowhere/agent.conf: No such file", errors)
        code, out, errors = call("options", "budget=2", env={**os.environ, "ADAPTIVESTREAM_GOAL": "stict"})
        self.assertEqual((code, out), (USAGE, ""))
        self.assertIn("ADAPTIVESTREAM_GOAL: goal=stict: must be balanced, strict, latency or cost", errors)
        code, out, errors = call("options", "gaol=strict")
        self.assertEqual((code, out), (USAGE, ""))
        self.assertIn('did you mean "goal"?', errors)

    def test_version(self):
        code, out, _ = call("version")
        self.assertEqual(code, OK)
        self.assertRegex(out, r"^adaptivestream \d+\.\d+\.\d+\n$")
        self.assertEqual(call("--version")[1], out)

    def test_unknown_subcommand(self):
        code, out, errors = call("generat")
        self.assertEqual((code, out), (USAGE, ""))
        self.assertIn("did you mean 'generate'?", errors)
        code, _, errors = call("help", "xyzzy")
        self.assertEqual(code, USAGE)
        self.assertIn("'xyzzy'", errors)
        self.assertNotIn("did you mean", errors)


class Usage(unittest.TestCase):
    def check(self, arguments, *mentions, code=USAGE):
        got, out, errors = call("generate", *arguments)
        self.assertEqual((got, out), (code, ""), (arguments, errors))
        self.assertEqual(errors.count("\n"), 1, errors)
        for mention in mentions:
            self.assertIn(mention, errors)

    def test_unknown_flag(self):
        self.check(["--sede", "3"], "unknown flag --sede", "did you mean --seed?")
        self.check(["--burst-mul=3"], "unknown flag --burst-mul;", "did you mean --burst-mult?")
        self.check(["-Y", "3"], "unknown flag -Y")

    def test_values(self):
        for flag, value, low, high in [
            ("--duration", "0", "0.001", "31536000"),
            ("--duration", "-5", "0.001", "31536000"),
            ("--duration", "1e300", "0.001", "31536000"),
            ("--duration", "5 parsecs", "0.001", "31536000"),
            ("--baseline", "-1", "0", "10000000"),
            ("--baseline", "nan", "0", "10000000"),
            ("--burst-mult", "0.5", "1", "1000000"),
            ("--burst-prob", "1.1", "0", "1"),
            ("--bin", "0", "0.001", "86400"),
            ("--scale", "0", "1e-06", "1000000"),
            ("--speed", "inf", "0.001", "1000000"),
            ("--seed", "-1", "0", "9007199254740992"),
            ("--seed", "1.5", "0", "9007199254740992"),
            ("--payload", "1000001", "0", "1000000"),
            ("--payload", "99999999999999999999", "0", "1000000"),
            ("--spacing", "even", "poisson", "regular"),
            ("--noise", "-1", "0", "1000000"),
            ("--keys", "-1", "0", "1000000"),
            ("--keys", "1000001", "0", "1000000"),
            ("--key-skew", "11", "0", "10"),
        ]:
            self.check([flag, value], f"{flag} {value}: allowed", low, high)

    def test_shapes(self):
        self.check(["--shape", "brust"], "--shape", "'brust'", "did you mean burst?", *SHAPES, "phases=")
        self.check(["--shape", "phases"], "--shape", "'phases'", "phases=RATExSECONDS")
        self.check(["--shape", "phases=10x5,20"], "'20'", "RATExSECONDS")

    def test_form(self):
        self.check(["--topic"], "--topic needs a value")
        self.check(["--topic", "--dry-run"], "--topic needs a value")
        self.check(["--topic", ""], "--topic", "not empty")
        self.check(["--dry-run=yes"], "--dry-run takes no value")
        self.check(["extra"], "unexpected argument 'extra'")
        self.check(["--", "--dry-run"], "unexpected argument '--dry-run'")

    def test_kafka_properties(self):
        self.check(["-X", "nonsense"], "-X", "key=value")
        self.check(["-X", "no.such.thing=1"], "-X", "no.such.thing")
        self.check(["-X", "security.protokol=SSL"], "-X", "security.protokol", "did you mean security.protocol?")
        self.check(["-X", "security.protocol=SSLL"], "-X", "security.protocol=SSLL")
        self.check(["-X", "security.protocol=SASL_SSL", "-X", "sasl.mechanisms=PLAIN"], "sasl.username and sasl.password")
        self.check(["-X", "security.protocol=SSL", "-X", "ssl.ca.location=/nonexistent/ca.pem"], "ssl.ca.location")

    def test_config_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "client.properties")
            for content, code, line, mentions in [
                ("# comment\n\nbatch.sise=5\n", USAGE, ":3:", ["batch.sise", "did you mean batch.size?"]),
                ("linger.ms=soon\n", USAGE, ":1:", ["linger.ms=soon"]),
                ("acks=all\nnonsense\n", FAILED, ":2:", ["key=value"]),
            ]:
                pathlib.Path(path).write_text(content, encoding="utf-8")
                self.check(["--config", path], path + line, *mentions, code=code)
            missing = os.path.join(folder, "none")
            self.check(["--config", missing], missing, "No such file", code=FAILED)

    def test_secrets_are_not_shown(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "client.properties"
            for text in ("sasl.pasword=Hunter2", "Hunter2", "Hunter2=", "Hunter2==", "ssl.key.pasword=Hunter2"):
                path.write_text(text + "\n", encoding="utf-8")
                for arguments in (["-X", text], ["--config", str(path)]):
                    code, out, errors = call("generate", *arguments)
                    self.assertIn(code, (FAILED, USAGE))
                    self.assertEqual(out, "")
                    self.assertNotIn("Hunter2", errors)
                    self.assertEqual(errors.count("\n"), 1, errors)

        self.check(["-Xsasl.password=Hunter2"], "unknown flag -Xsasl.password (see")
        many = ["-X", "sasl.password=Hunter2"] * 65
        self.assertNotIn("Hunter2", call("generate", *many)[2])
        self.check(many, "-X: allowed is at most 64 times")

    def test_seconds_file(self):
        self.check(["--seconds", "/nonexistent/file"], "--seconds", "/nonexistent/file", "No such file", code=FAILED)

    def test_flags_that_exclude_each_other(self):
        trace = str(TRACES / "llm_code.csv.gz")
        self.check(["--scale", "2"], "--trace")
        self.check(["--trace", trace, "--shape", "burst"], "--shape", "--trace")
        self.check(["--trace", trace, "--baseline", "5"], "--baseline", "--trace")
        self.check(["--shape", "phases=1x1", "--baseline", "5"], "--baseline", "phases")
        self.check(["--shape", "steady", "--burst-prob", "1"], "--burst-prob", "burst")
        self.check(["--dry-run", "--json"], "--json", "--dry-run")
        self.check(["--trace", trace, "--dry-run", "--json"], "--json", "--dry-run")
        self.check(["--baseline", "1e6", "--burst-mult", "100"], "1e+08 events/s", "1e+07")
        self.check(["--shape", "ramp", "--baseline", "2e6"], "2e+07 events/s", "1e+07")
        self.check(["--log-uniform", "--burst-mult", "20"], "--log-uniform", "1e+07")
        self.check(["--log-uniform", "--baseline", "5"], "--log-uniform", "--baseline")
        self.check(["--log-uniform", "--shape", "phases=1x1"], "--log-uniform", "phases")
        self.check(["--log-uniform", "--trace", trace], "--log-uniform", "--trace")
        self.check(["--noise", "5"], "--noise", "sawtooth")
        self.check(["--noise", "5", "--shape", "steady"], "--noise", "sawtooth")
        self.check(["--noise", "5", "--trace", trace], "--noise", "--trace")
        self.check(["--shape", "noise", "--burst-mult", "2"], "--burst-mult", "burst")
        self.check(["--key-skew", "1"], "--key-skew", "--keys")
        self.check(["--dry-run", "--seconds", "file"], "--seconds", "--dry-run")


class Replay(unittest.TestCase):
    def check(self, arguments, expected, *mentions):
        code, out, errors = call("replay", *arguments)
        self.assertEqual((code, out), (expected, ""), (arguments, errors))
        self.assertEqual(errors.count("\n"), 1, errors)
        for mention in mentions:
            self.assertIn(mention, errors)

    def test_usage(self):
        self.check([], USAGE, "JOURNAL", "--help")
        self.check(["a", "b"], USAGE, "unexpected argument 'b'")
        self.check(["a", "--querry", "b"], USAGE, "did you mean --query?")
        self.check(["a", "--query"], USAGE, "--query needs a value")
        self.check(["--json=1", "a"], USAGE, "--json takes no value")

    def test_unreadable(self):
        self.check(["/nowhere/journal"], FAILED, "/nowhere/journal", "No such file")

    def test_no_journal(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "journal")
            pathlib.Path(path).write_text("")
            self.check([path], FAILED, "no run")
            self.check(["--query", "orders", path], FAILED, "no run of query orders")
            pathlib.Path(path).write_text("nonsense\n")
            self.check([path], FAILED, f"{path}:1: not a line of JSON")
            pathlib.Path(path).write_text('{"v":1,"event":"limit","run":"r","events":3}\n')
            # Flags may follow the journal's name.
            code, out, _ = call("replay", path, "--json", "--query", "r")
            report = json.loads(out)
            self.assertEqual(code, FAILED)
            self.assertEqual((report["equal"], report["journal"]), (False, path))
            self.assertEqual([run["state"] for run in report["runs"]], ["headless"])
            self.assertIn("cannot be replayed", call("replay", path)[1])


class Simulate(unittest.TestCase):
    KEYS = {f"{kind}{figure}" for figure in ("mean", "p50", "p95", "p99", "max") for kind in ("ratio_",)} | {
        f"{figure}_s" for figure in ("mean", "p50", "p95", "p99", "max")} | {"batches", "ratio_batches", "tuned"}

    def report(self, *arguments, **options):
        code, out, errors = call("simulate", "--json", *arguments, **options)
        self.assertEqual((code, errors), (OK, ""))
        return json.loads(out)

    def test_json_of_all_policies(self):
        report = self.report("--trace", str(TRACES / "llm_code.csv.gz"), "--bin", "0.1", "--limit", "30m")
        self.assertEqual((report["seconds"], report["trigger_s"], report["goal"]), (1800, 2, "balanced"))
        policies = report["policies"]
        self.assertEqual(set(policies), {"fixed", "adaptive", "asap", "min-offsets", "reactive", "rate", "delay-cost",
                                         "clairvoyant"})
        for name, figures in policies.items():
            self.assertEqual(set(figures), self.KEYS, name)
        fixed, asap, best = policies["fixed"], policies["asap"], policies["clairvoyant"]
        self.assertTrue(all(fixed[key] == 1 for key in fixed if key.startswith("ratio_")))
        self.assertAlmostEqual(fixed["mean_s"], 1, delta=0.05)
        self.assertGreater(asap["ratio_batches"], 2)
        self.assertLessEqual(best["batches"], fixed["batches"])
        for name in ("min-offsets", "delay-cost"):
            self.assertAlmostEqual(policies[name]["ratio_batches"], 1, delta=0.02)
            self.assertLess(best["mean_s"], policies[name]["mean_s"])
        self.assertIn("minOffsetsPerTrigger", policies["min-offsets"]["tuned"])

    def test_equal_batches(self):
        report = self.report("--trace", str(TRACES / "btc_feed.csv.gz"), "--bin", "0.1", "--limit", "1h", "--equal-batches",
                             "--policy", "adaptive,reactive,rate")
        for name, figures in report["policies"].items():
            self.assertAlmostEqual(figures["ratio_batches"], 1, delta=0.01, msg=name)
        self.assertAlmostEqual(report["policies"]["adaptive"]["tuned"]["budget"], 1, delta=0.3)

    def test_forecaster_in_the_loop(self):
        common = ["--trace", str(TRACES / "nasa_http.csv.gz"), "--limit", "2h", "--policy", "adaptive"]
        none = self.report(*common)
        self.assertNotIn("advice", none["policies"]["adaptive"])
        report = self.report(*common, "--forecaster", "learned")["policies"]["adaptive"]
        advice = report["advice"]
        self.assertEqual(advice["forecaster"], "learned")
        self.assertAlmostEqual(sum(advice["shares"].values()), 1, delta=1e-6)
        self.assertGreater(advice["evidence"]["learned"]["blocks"], 100)
        self.assertRegex(advice["why"], "learned,? saves")
        believed = advice["confidence_mean"] > 0
        self.assertEqual(believed, "first_s" in advice)
        self.assertEqual(believed, report["mean_s"] != none["policies"]["adaptive"]["mean_s"])
        code, out, errors = call("simulate", *common, "--forecaster", "learned")
        self.assertEqual((code, errors), (OK, ""))
        self.assertIn("forecaster learned: confidence", out)
        # A forecaster that is not believed leaves every decision as it was.
        last = self.report(*common, "--limit", "15m", "--forecaster", "last")["policies"]["adaptive"]
        self.assertEqual(last["advice"]["confidence_mean"], 0)
        self.assertEqual(last["mean_s"], self.report(*common, "--limit", "15m")["policies"]["adaptive"]["mean_s"])

    def test_score_from(self):
        trace = "count\n" + "1\n" * 600 + "50\n" * 600
        common = ["--trace", "-", "--policy", "fixed,adaptive,clairvoyant", "--trigger", "2s"]
        whole = self.report(*common, input=trace)["policies"]
        half = self.report(*common, "--score-from", "half", input=trace)["policies"]
        self.assertEqual(half, self.report(*common, "--score-from", "10m", input=trace)["policies"])
        self.assertEqual(half["fixed"]["batches"], 300)
        self.assertGreater(whole["fixed"]["batches"], 500)
        self.assertLessEqual(half["clairvoyant"]["batches"], 300)
        for name in half:
            self.assertLess(half[name]["batches"], whole[name]["batches"])

    def test_seed_and_scale(self):
        common = ["--trace", str(TRACES / "nasa_http.csv.gz"), "--limit", "20m", "--policy", "adaptive"]
        first = self.report(*common)
        self.assertEqual(first, self.report(*common))
        self.assertNotEqual(first["policies"], self.report(*common, "--seed", "2")["policies"])
        self.assertAlmostEqual(self.report(*common, "--scale", "10")["events"], 10 * first["events"], delta=5)
        self.assertEqual(self.report(*common, "--speed", "2")["seconds"], 1200)

    def test_standard_input(self):
        trace = "count\n" + "3\n" * 600
        report = self.report("--trace", "-", "--policy", "fixed", "--trigger", "10s", input=trace)
        self.assertEqual((report["trace"], report["events"], report["policies"]["fixed"]["batches"]), ("-", 1800, 60))

    def test_table_and_csv(self):
        common = ["--trace", str(TRACES / "llm_code.csv.gz"), "--bin", "0.1", "--limit", "10m", "--policy", "adaptive,fixed"]
        code, out, errors = call("simulate", *common)
        self.assertEqual((code, errors), (OK, ""))
        self.assertEqual([line.split()[0] for line in out.splitlines()[3:]], ["adaptive", "fixed"])
        code, out, errors = call("simulate", "--csv", *common)
        self.assertEqual((code, errors), (OK, ""))
        rows = [line.split(",") for line in out.splitlines()]
        self.assertEqual([row[0] for row in rows], ["policy", "adaptive", "fixed"])
        self.assertEqual({len(row) for row in rows}, {13})

    def test_usage(self):
        trace = str(TRACES / "llm_code.csv.gz")
        for arguments, mentions in [
                ([], ["--trace is missing"]),
                (["--trace", trace, "--policy", "adaptive,delaycost"], ["'delaycost'", "did you mean delay-cost"]),
                (["--trace", trace, "--policy", ""], ["--policy", "not empty"]),
                (["--trace", trace, "--batch-cost", "250"], ["--batch-cost", "'250'", "250ms+20us"]),
                (["--trace", trace, "--batch-cost", "1s+2"], ["--batch-cost"]),
                (["--trace", trace, "--trigger", "10ms"], ["--trigger"]),
                (["--trace", trace, "--goal", "fast"], ["--goal", "balanced"]),
                (["--trace", trace, "--forecaster", "lstm"], ["--forecaster lstm", "--model"]),
                (["--trace", trace, "--forecaster", "learnt"], ["--forecaster", "learned"]),
                (["--trace", trace, "--score-from", "middle"], ["--score-from", "'middle'", "half"]),
                (["--trace", trace, "--json", "--csv"], ["--json", "--csv"])]:
            code, out, errors = call("simulate", *arguments)
            self.assertEqual((code, out), (USAGE, ""), arguments)
            for mention in mentions:
                self.assertIn(mention, errors)

    def test_more_than_can_be_counted(self):
        trace = "count\n" + "1000000000\n" * 12000
        code, out, errors = call("simulate", "--trace", "-", "--policy", "clairvoyant", input=trace)
        self.assertEqual((code, out), (FAILED, ""))
        self.assertIn("12000000000000 events in 120000 slots are too many for policy clairvoyant", errors)
        self.assertNotIn("memory", errors)

    def test_unreadable_traces(self):
        code, out, errors = call("simulate", "--trace", "/nowhere/trace.csv")
        self.assertEqual((code, out), (FAILED, ""))
        self.assertIn("/nowhere/trace.csv: cannot be opened", errors)
        code, out, errors = call("simulate", "--trace", "-", input="count\n1\nx\n")
        self.assertEqual((code, out), (FAILED, ""))
        self.assertIn("standard input:3: 'x'", errors)
        code, out, errors = call("simulate", "--trace", "-", input="count\n1\n", env={**os.environ, "LC_ALL": "C"})
        self.assertEqual((code, errors), (OK, ""))


class Measure(unittest.TestCase):
    def test_bound(self):
        for bound in ("-1", "2 parsecs"):
            code, out, errors = call("measure", "--progress", "x", "--bound", bound)
            self.assertEqual((code, out), (USAGE, ""))
            self.assertIn(f"--bound {bound}: allowed", errors)

    @staticmethod
    def progress(folder, topic="other"):
        path = pathlib.Path(folder) / "progress.jsonl"
        path.write_text(json.dumps({
            "id": "a", "timestamp": "2026-01-01T00:00:00.000Z", "batchId": 0, "durationMs": {}, "sources": [
                {"description": "KafkaV2", "startOffset": {topic: {"0": 0}}, "endOffset": {topic: {"0": 1}},
                 "numInputRows": 1}]}) + "\n", encoding="utf-8")
        return path

    def test_no_secret_is_shown(self):
        with tempfile.TemporaryDirectory() as folder:
            path = self.progress(folder)
            config = pathlib.Path(folder) / "client.properties"
            config.write_text("sasl.password=hush\nssl.kez=hush\n", encoding="utf-8")
            for arguments, mention in [(["-X", "sasl.paswort=hush"], "unknown Kafka property sasl.paswort"),
                                       (["-X", "hush"], "key=value"), (["-X", "security.protocol.x=hush"], "unknown"),
                                       (["--config", config], f"{config}:2: ")]:
                code, out, errors = call("measure", "--progress", path, "--topic", "other", *arguments)
                self.assertEqual((code, out), (FAILED, ""), arguments)
                self.assertIn(mention, errors)
                self.assertNotIn("hush", errors)

    def test_what_to_do(self):
        with tempfile.TemporaryDirectory() as folder:
            path = self.progress(folder)
            code, out, errors = call("measure", "--progress", path, "--topic", "mine")
            self.assertEqual((code, out), (FAILED, ""))
            self.assertIn(f"{path}: no batch took a row of topic mine; is --topic the one", errors)
            code, out, errors = call("measure", "--progress", path, "--topic", "other", "--broker", "localhost:1")
            self.assertEqual((code, out), (FAILED, ""))
            self.assertIn("nobody listens at localhost:1", errors)

    def test_one_of_several_queries_in_an_event_log(self):
        with tempfile.TemporaryDirectory() as folder:
            log = pathlib.Path(folder) / "local-1"
            report = json.loads(self.progress(folder).read_text(encoding="utf-8"))
            log.write_text("".join(json.dumps({"Event": "QueryProgressEvent", "progress": {**report, "id": name}}) + "\n"
                                   for name in ("a", "b")), encoding="utf-8")
            arguments = ["measure", "--progress", log, "--topic", "other", "--broker", "localhost:1"]
            code, out, errors = call(*arguments)
            self.assertEqual((code, out), (FAILED, ""))
            self.assertIn(f"{log}:2: several queries read topic other, with the ids a and b; choose one", errors)
            code, out, errors = call(*arguments, "--query", "c")
            self.assertEqual((code, out), (FAILED, ""))
            self.assertIn("no batch of query c took a row of topic other", errors)
            for more in ([], ["--against-query", "b"], ["--journal-query", "d"]):
                code, out, errors = call(*arguments, "--query", "a", *more)
                self.assertEqual((code, out), (FAILED, ""))
                self.assertIn("nobody listens at localhost:1", errors)
            code, out, errors = call("measure", "--progress", "-", "--against-query", "b")
            self.assertEqual((code, out), (USAGE, ""))
            self.assertIn("read once", errors)


class Record(unittest.TestCase):
    def check(self, arguments, expected, *mentions):
        code, out, errors = call("record", *arguments)
        self.assertEqual((code, out), (expected, ""), (arguments, errors))
        self.assertEqual(errors.count("\n"), 1, errors)
        for mention in mentions:
            self.assertIn(mention, errors)

    def test_usage(self):
        self.check([], USAGE, "--output FILE.csv is missing")
        self.check(["--output", "a.csv", "b.csv"], USAGE, "unexpected argument 'b.csv'")
        self.check(["--outptu", "a.csv"], USAGE, "did you mean --output?")
        self.check(["--bin", "1ms"], USAGE, "--bin 1ms: allowed", "0.01", "3600")
        self.check(["--for", "0"], USAGE, "--for 0: allowed", "0.01")
        self.check(["--output", "a.csv", "--config", "/nowhere/x"], FAILED, "--config: /nowhere/x")

    def test_help_says_what_is_counted(self):
        out = call("record", "--help")[1]
        for mention in ("transactions", "security.protocol=SASL_SSL", "adaptivestream record --config", "(default 1)"):
            self.assertIn(mention, out)

    def test_secrets_and_properties(self):
        with tempfile.TemporaryDirectory() as folder:
            output = ["--output", os.path.join(folder, "a.csv")]
            self.check([*output, "-X", "isolation.levle=x"], USAGE, "did you mean isolation.level?")
            self.assertNotIn("Hunter2", call("record", *output, "-X", "sasl.pasword=Hunter2")[2])
            self.assertEqual(os.listdir(folder), [])

    def test_files(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "a.csv"
            self.check(["--output", os.path.join(folder, "none", "a.csv")], FAILED, "none/a.csv", "No such file")
            path.write_text("count\n5\n")
            self.check(["--output", str(path)], FAILED, f"{path} exists, but not {path}.state", "--output")
            self.assertEqual(path.read_text(), "count\n5\n")
            pathlib.Path(f"{path}.state").write_text("nonsense")
            self.check(["--output", str(path)], FAILED, f"{path}.state", "not the state of a recording")

    def test_unreachable_broker(self):
        with tempfile.TemporaryDirectory() as folder:
            output = os.path.join(folder, "a.csv")
            begin = time.monotonic()
            self.check(["--broker", "localhost:1", "--output", output], FAILED, "nobody listens at localhost:1",
                       "--broker")
            # 2 s: who is refused does not wait the 10 s for somebody who may yet answer.
            self.assertLess(time.monotonic() - begin, 8)
            self.assertEqual(os.listdir(folder), [], "nothing was recorded")


class DryRun(unittest.TestCase):
    def test_phases(self):
        shape = ["--shape", "phases=200x100,4000x20,200x30,5x70"]
        self.assertEqual(sum(counts(*shape, "--spacing", "regular")), 106350)
        self.assertEqual(counts("--shape", "phases=3x2,0x2,1x1", "--spacing=regular"), [3, 3, 0, 0, 1])
        rows = counts(*shape)
        self.assertEqual(len(rows), 220)
        self.assertTrue(79000 < sum(rows[100:120]) < 81000)

    def test_defaults_are_the_originals(self):
        rows = counts()
        self.assertEqual(len(rows), 300)
        self.assertTrue(700 < max(rows) < 900)
        self.assertTrue(60 < min(rows) < 100)

    def test_seed(self):
        self.assertEqual(counts("--seed", "5"), counts("--seed=5"))
        self.assertNotEqual(counts("--seed", "5"), counts("--seed", "6"))
        self.assertEqual(counts("--seed", "5", "--duration", "60"), counts("--seed", "5")[:60])

    def test_training_shapes(self):
        for shape in SHAPES:
            rows = counts("--shape", shape)
            self.assertEqual(len(rows), 300)
            self.assertEqual(counts("--shape", shape, "--duration", "60"), rows[:60], shape)
            self.assertEqual(counts("--shape", shape, "--duration", "400")[:300], rows, shape)
            self.assertNotEqual(counts("--shape", shape, "--seed", "2"), rows, shape)
            if shape == "noise":
                self.assertTrue(50 < min(rows) and max(rows) < 170, rows)
            else:
                self.assertTrue(190 < max(rows) < 1100 and min(rows) < 100, rows)

    def test_noise(self):
        # The counts of equal gaps are the rates themselves.
        shape = ["--shape", "noise", "--spacing", "regular", "--duration", "1000"]
        self.assertEqual(set(counts(*shape, "--noise", "0")), {100})
        for noise in (5, 20):
            rows = counts(*shape, "--noise", str(noise))
            self.assertTrue(0.85 * noise < statistics.pstdev(rows) < 1.15 * noise)
            self.assertTrue(98 < statistics.mean(rows) < 102)

    def test_log_uniform(self):
        baselines = [sum(counts("--log-uniform", "--shape", "steady", "--spacing", "regular", "--duration", "1",
                                "--seed", str(seed))) for seed in range(40)]
        self.assertTrue(9 <= min(baselines) < 100 and 50000 < max(baselines) <= 501188, baselines)
        self.assertEqual(len(set(baselines)), 40)
        # A tenth of the baseline is noise, unless another one is given.
        shape = ["--log-uniform", "--shape", "noise", "--spacing", "regular", "--seed", "5"]
        self.assertTrue(all(abs(count - baselines[5]) <= 1 for count in counts(*shape, "--noise", "0")))
        deviation = statistics.pstdev(counts(*shape))
        self.assertTrue(0.08 < deviation / baselines[5] < 0.12, (deviation, baselines[5]))
        self.assertTrue(counts("--log-uniform", "--duration", "1", "--seed", "5"))

    def test_duration(self):
        self.assertEqual(len(counts("--shape", "phases=5x100", "--duration", "10")), 10)
        self.assertEqual(len(counts("--shape", "steady", "--duration", "2 minutes")), 120)
        self.assertEqual(len(counts("--shape", "steady", "--duration", "1500ms")), 2)

    def test_traces(self):
        for name, width, events, seconds in [
            ("nasa_http", "1", 139329, 86400),
            ("twitter_stream", "1", 5500528, 84660),
            ("llm_code", "0.1", 8816, 3436),
            ("btc_feed", "100ms", 55996, 18278),
            ("tweets_tvshow", "0.1", 27388, 14400),
        ]:
            path = TRACES / f"{name}.csv.gz"
            rows = counts("--trace", str(path), "--bin", width)
            self.assertEqual((len(rows), sum(rows)), (seconds, events), name)
            with gzip.open(path, "rt") as file:
                bins = [int(line) for line in file.readlines()[1:]]
            per_second = len(bins) // seconds
            expected = [sum(bins[i * per_second : (i + 1) * per_second]) for i in range(seconds)]
            self.assertEqual(rows, expected, name)

    def test_scale_and_speed(self):
        trace = ["--trace", str(TRACES / "llm_code.csv.gz"), "--bin", "0.1"]
        self.assertEqual(sum(counts(*trace, "--scale", "10")), 88160)
        self.assertEqual(sum(counts(*trace, "--scale", "0.25")), 2204)
        rows = counts(*trace, "--speed", "10")
        self.assertEqual((len(rows), sum(rows)), (344, 8816))

    @unittest.skipUnless(os.path.exists("/dev/full"), "this system has no /dev/full")
    def test_full_disk(self):
        with open("/dev/full", "w") as full:
            result = subprocess.run([PROGRAM, "generate", "--dry-run"], stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual(result.returncode, FAILED)
        self.assertIn("No space left", result.stderr)


class Failures(unittest.TestCase):
    def test_wrong_traces(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "trace.csv")
            for content, mention in [(b"", "is empty"), (b"count\n1\nx\n", ":3: 'x'"), (b"a,b\n", "'count'"),
                                     (gzip.compress(b"count\n" + b"1\n" * 99)[:-9], "end too early")]:
                pathlib.Path(path).write_bytes(content)
                code, out, errors = call("generate", "--trace", path, "--dry-run")
                self.assertEqual((code, out), (FAILED, ""))
                self.assertIn(path, errors)
                self.assertIn(mention, errors)
            code, _, errors = call("generate", "--trace", os.path.join(folder, "none"))
            self.assertEqual(code, FAILED)
            self.assertIn("No such file", errors)

    def test_unreachable_broker(self):
        code, out, errors = call("generate", "--broker", "localhost:1", "--duration", "1", "--quiet")
        self.assertEqual((code, out), (FAILED, ""))
        self.assertIn("nobody listens at localhost:1", errors)
        self.assertIn("--broker", errors)
        self.assertEqual(errors.count("\n"), 1, errors)

    def test_unreachable_broker_of_a_config_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "client.properties"
            path.write_text("bootstrap.servers=localhost:2\nsecurity.protocol=SSL\n", encoding="utf-8")
            code, out, errors = call("generate", "--config", str(path), "--duration", "1", "--quiet")
            self.assertEqual((code, out), (FAILED, ""))
            self.assertIn("nobody listens at localhost:2", errors)

    def test_a_broker_that_is_silent_has_its_ten_seconds(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            address = f"localhost:1,127.0.0.1:{server.getsockname()[1]}"
            code, out, errors = call("generate", "--broker", address, "--duration", "1", "--quiet")
        self.assertEqual((code, out), (FAILED, ""))
        self.assertIn(f"Kafka at {address} does not answer within 10 s", errors)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()

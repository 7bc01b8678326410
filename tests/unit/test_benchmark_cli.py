"""`adaptivestream benchmark` as its users meet it, as far as that needs no Spark.

    python3 test_benchmark_cli.py PATH/TO/adaptivestream [unittest arguments]
"""

import csv
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM = ""
ROOT = pathlib.Path(__file__).resolve().parents[2]
RECORDS = ROOT / "tests" / "data" / "benchmark"
OK, FAILED, USAGE = 0, 1, 2


def call(*arguments):
    result = subprocess.run([PROGRAM, "benchmark", *map(str, arguments)], capture_output=True, text=True, timeout=120,
                            check=False)
    return result.returncode, result.stdout, result.stderr


class Plan(unittest.TestCase):
    def test_what_would_be_run(self):
        code, out, errors = call("plan", "--arms", "fixed_2s,asap", "--workloads", "phases", "--repetitions", "2")
        self.assertEqual((code, errors), (OK, ""))
        lines = out.splitlines()
        self.assertEqual(len(lines), 5)
        self.assertRegex(lines[0], r"1  repetition 1  map +phases +440 s  ")
        self.assertIn("4 steps, 29 minutes of traffic", lines[-1])

    def test_json_has_all_definitions(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "my.plan"
            path.write_text("arms=fixed_2s,mine\narm.mine=trigger=asap min-offsets=50 max-delay=3s\nworkloads=t\n"
                            "workload.t=trace=btc_feed bin=100ms speed=2 seconds=30\nrepetitions=9\n", encoding="utf-8")
            code, out, errors = call("plan", path, "--json", "--repetitions", 1, "--set", "agent=warmup=1s")
        self.assertEqual((code, errors), (OK, ""))
        plan = json.loads(out)
        self.assertEqual(plan["repetitions"], 1)  # a flag wins over the file
        self.assertEqual(plan["arms"]["mine"], {"trigger_s": None, "agent": None, "tuned_offsets": False, "min_offsets": 50,
                                                "max_delay_s": 3.0, "reactive_s": None, "alone": False})
        self.assertEqual(plan["workloads"]["t"]["trace"], "btc_feed")
        self.assertEqual(sorted(arm for step in plan["steps"] for arm in step["arms"]), ["fixed_2s", "mine"])

    def test_wrong_plans(self):
        for arguments, said in [(["--arms", "fixed_2s,nothing"], "unknown arm 'nothing'"),
                                (["--set", "colour=red"], "--set:1: unknown key 'colour'"),
                                (["--repetitions", "many"], "repetitions=many: must be a whole number"),
                                (["/nowhere.plan"], "/nowhere.plan: No such file"),
                                (["/tmp"], "/tmp: Is a directory")]:
            code, out, errors = call("plan", *arguments)
            self.assertEqual((code, out), (USAGE, ""), errors)
            self.assertIn(said, errors)
            self.assertEqual(errors.count("\n"), 1)

    def test_the_plans_of_this_repository(self):
        plans = sorted((ROOT / "benchmark" / "plans").glob("*.plan"))
        self.assertGreaterEqual(len(plans), 5)
        for plan in plans:
            code, out, errors = call("plan", plan)
            self.assertEqual((code, errors), (OK, ""))
            self.assertIn("minutes of traffic", out)
            self.assertIn(f"`{plan.name}`", (ROOT / "docs" / "benchmark.md").read_text(encoding="utf-8"))

    def test_the_manual_names_what_there_is(self):
        manual = (ROOT / "docs" / "benchmark.md").read_text(encoding="utf-8")
        catalogue = (ROOT / "src" / "benchmark" / "suite_catalog.c").read_text(encoding="utf-8")
        names = re.findall(r'^    \{"([a-z0-9_-]+)", ', catalogue, re.MULTILINE)
        self.assertGreater(len(names), 20)
        for name in names:
            self.assertIn(f"`{name}`", manual)


class Report(unittest.TestCase):
    def test_from_records(self):
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder) / "copy"
            shutil.copytree(RECORDS, copy)
            code, out, errors = call("report", copy)
            self.assertEqual((code, errors), (OK, ""))
            self.assertEqual(out, (copy / "results.md").read_text(encoding="utf-8"))
            with open(copy / "summary.csv", encoding="utf-8", newline="") as file:
                rows = {(row["arm"], row["metric"]): row for row in csv.DictReader(file)}
            self.assertEqual(rows["balanced", "wait_mean_s"]["ratio"], "0.625")
            self.assertEqual(rows["latency", "wait_mean_s"]["median"], "")
            self.assertEqual(len(list(copy.glob("*.svg"))), 4)
            self.assertIn("![forecast and truth](map-phases-forecast.svg)", out)

    def test_what_is_wrong_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder) / "copy"
            code, out, errors = call("report", copy)
            self.assertEqual((code, out), (FAILED, ""))
            self.assertIn("copy/runs.csv: No such file", errors)
            shutil.copytree(RECORDS, copy)
            text = (copy / "runs.csv").read_text(encoding="utf-8")
            for old, new, said in [("wait_mean_s", "wait_mean", "no column wait_mean_s"),
                                   ("map,phases,fixed_2s,1", "map,phases,fixed_2s,x", "the value of repetition cannot be read"),
                                   ("runs/map-phases-fixed_2s-1-1", "../secret", "the value of folder cannot be read")]:
                (copy / "runs.csv").write_text(text.replace(old, new), encoding="utf-8")
                code, out, errors = call("report", copy)
                self.assertEqual((code, out), (FAILED, ""))
                self.assertIn(said, errors)
        self.assertEqual(call("report")[0], USAGE)


class Others(unittest.TestCase):
    def test_help(self):
        for part in ([], ["plan"], ["report"], ["collect"]):
            code, out, errors = call(*part, "--help")
            self.assertEqual((code, errors), (OK, ""))
            self.assertIn(" ".join(["adaptivestream benchmark", *part]), out)

    def test_collect_needs_its_files(self):
        self.assertEqual(call("collect")[0], USAGE)
        code, _, errors = call("collect", "--progress", "/nowhere.progress", "--output", "/tmp")
        self.assertEqual(code, FAILED)
        self.assertIn("/nowhere.progress", errors)

    def test_a_program_without_its_repository_says_so(self):
        with tempfile.TemporaryDirectory() as folder:
            program = pathlib.Path(folder) / "bin" / "adaptivestream"
            program.parent.mkdir()
            shutil.copy(PROGRAM, program)
            done = subprocess.run([str(program), "benchmark", "--quick"], capture_output=True, text=True, timeout=60,
                                  check=False)
        self.assertEqual(done.returncode, FAILED)
        self.assertIn("tools/bench_suite.py", done.stderr)


if __name__ == "__main__":
    PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main()

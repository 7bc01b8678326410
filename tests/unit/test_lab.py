"""The benches' arithmetic: what they read from the journal, from Spark's progress and from /proc. Starts nothing."""

import json
import os
import pathlib
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import bench_suite  # noqa: E402
import demo  # noqa: E402
from lab import journal, memory, punctuality, suite, suite_simulation, usage  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "baselines"))
from reactive_baseline import ReactiveRule, seconds_of  # noqa: E402


def decision(now_ms, fire=False, wake_ms=0, **more):
    return {"event": "decision", "now_ns": int(now_ms * 1e6), "wall_ms": int(now_ms + 1000), "fire": fire,
            "wake_ns": int(wake_ms * 1e6), **more}


class Punctuality(unittest.TestCase):
    def test_percentile(self):
        values = list(range(100, 0, -1))
        self.assertEqual([punctuality.percentile(values, percent) for percent in (50, 99, 100)], [50, 99, 100])
        self.assertEqual(punctuality.percentile([7], 99), 7)

    def test_from_a_decision_to_its_trigger(self):
        # The wall clock is 1000 ms ahead. The start at 1500 has no decision near; the ones at 2503 and 4502 have.
        decisions = [decision(number / 10) for number in range(1000)]
        decisions += [decision(1500.5, fire=True), decision(3500.5, fire=True), decision(3600)]
        gaps = punctuality.to_trigger_ms(decisions, [1500, 2503, 4502])
        self.assertEqual(len(gaps), 2)
        self.assertAlmostEqual(gaps[0], 3, delta=0.5)
        self.assertAlmostEqual(gaps[1], 2, delta=0.5)

    def test_late_looks(self):
        lines = [decision(100, wake_ms=150), decision(153, elapsed_us=2000, wake_ms=200), decision(200.5, fire=True),
                 {"event": "trigger"}, decision(300, wake_ms=300), decision(305, wake_ms=400)]
        late = punctuality.waking_late_ms(lines)
        # 151 and 200.5; the look at 300 wanted to be asked at once, and nobody looked after the last.
        self.assertEqual([round(value, 6) for value in late], [1, 0.5])

    def test_trigger_starts(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "progress"
            path.write_text("".join(json.dumps({"timestamp": f"1970-01-01T00:00:{second}Z"}) + "\n"
                                    for second in ("02.001", "00.250", "02.001")), encoding="utf-8")
            self.assertEqual(punctuality.trigger_starts_ms(path), [250, 2001])


class Journal(unittest.TestCase):
    def test_the_promise_is_intervals_and_a_slot(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "journal"
            for slot_ms, trigger_ms, expected_s in [(0, 2000, 2.1), (50, 2000, 2.05), (0, 100, 0.125), (0, 60000, 61)]:
                path.write_text(json.dumps({"event": "start", "query": "a", "slot_ns": slot_ms * 1_000_000,
                                            "trigger_ns": trigger_ms * 1_000_000}) + "\n", encoding="utf-8")
                self.assertAlmostEqual(journal.promised_s(path, "a", 1), expected_s)
                self.assertAlmostEqual(journal.promised_s(path, "a", 2), expected_s + trigger_ms / 1000)


class Memory(unittest.TestCase):
    def test_mappings_of_a_library(self):
        here = memory.mappings(os.getpid(), name="libc.so.6")
        self.assertGreater(here["Size"], 1_000_000)
        self.assertGreaterEqual(here["Size"], here["Rss"])
        self.assertGreaterEqual(here["Rss"], here["Pss"])
        self.assertGreater(here["Pss"], 0)
        self.assertEqual(set(memory.mappings(os.getpid(), name="no-such-library").values()), {0})


class Demo(unittest.TestCase):
    def test_the_table_fits_eighty_columns(self):
        def side(batches, seconds):
            return {"batches": batches, **{f"{name}_s": seconds for name in demo.COLUMNS}}

        def block(phase):
            return {"phase": phase, "query": side(9999, 99.99), "against": side(1234, 12.345),
                    "ratio": {"batches": 1.01, **{name: 0.9 for name in demo.COLUMNS}}}

        plan = demo.Plan(phases=demo.PHASES, times=demo.TIMES, trigger=demo.TRIGGER)
        report = {"events": 1234567, "phases": [block("3000/s x 15 s"), block("5/s x 30 s")], "all": block("all"),
                  "shadow": side(1234, 12.345)}
        lines = demo.result_screen(report, plan, pathlib.Path("demo")).splitlines()
        table = lines[:lines.index("Next:")]  # below it are paths, as long as they are
        self.assertEqual([line for line in table if len(line) > 80], [])
        first = next(line for line in table if "3000/s" in line)
        self.assertEqual(first.split()[4:8], ["9999", "1234", "99.99", "12.35"])
        rule = next(line for line in table if "----" in line)
        self.assertEqual(len(rule), len(first))


def plan_of(**more):
    arm = {"trigger_s": 2.0, "agent": None, "tuned_offsets": False, "min_offsets": None, "max_delay_s": None,
           "reactive_s": None, "alone": False}
    return {"busy_others": 0.25, "retries": 1, "warmup_batches": 3, "reference": "fixed",
            "arms": {"fixed": arm, "other": {**arm, "trigger_s": 5.0}},
            "workloads": {"w": {"shape": "phases=1x9", "repeat": 1, "baseline_per_s": 100, "trace": None, "bin_s": 1,
                                "speed": 1, "scale": 1, "seconds": 9}},
            "steps": [{"job": "map", "workload": "w", "repetition": 1, "seed": 1, "arms": ["fixed", "other"]}], **more}


class Suite(unittest.TestCase):
    def runs(self, folder, plan=None):
        return bench_suite.Runs(plan or plan_of(), pathlib.Path(folder))

    def row(self, step, arm, status):
        return {"id": step.id_of(arm), "attempt": 1, "status": status, "digest": step.digest_of(arm)}

    def test_a_run_is_done_when_it_is_good_or_was_tried_often_enough(self):
        with tempfile.TemporaryDirectory() as folder:
            runs = self.runs(folder)
            step = runs.next_step()
            self.assertEqual(step.arms, ["fixed", "other"])
            runs.add(self.row(step, "fixed", "ok"))
            runs.add(self.row(step, "other", "late"))
            again = runs.next_step()
            self.assertEqual(again.arms, ["other"])
            self.assertEqual(runs.attempt(again), 2)
            runs.add(self.row(step, "other", "late"))
            self.assertIsNone(runs.next_step())
            self.assertIsNone(self.runs(folder).next_step())  # it was on disk

    def test_another_plan_is_another_run(self):
        with tempfile.TemporaryDirectory() as folder:
            runs = self.runs(folder)
            step = runs.next_step()
            for arm in step.arms:
                runs.add(self.row(step, arm, "ok"))
            self.assertIsNone(runs.next_step())
            self.assertIsNotNone(self.runs(folder, plan_of(warmup_batches=4)).next_step())

    def test_a_disturbed_run_says_why(self):
        step = suite.Step(plan=plan_of(), **plan_of()["steps"][0])
        good = {"missing": 0, "repeated": 0, "seconds": 100, "seconds_missed": 2, "others": 0.25}
        self.assertEqual(suite.verdict(step, good), ("ok", ""))
        for key, value, status in (("missing", 1, "wrong"), ("repeated", 2, "wrong"), ("seconds_missed", 3, "late"),
                                   ("others", 0.26, "disturbed")):
            told = suite.verdict(step, {**good, key: value})
            self.assertEqual(told[0], status)
            self.assertTrue(told[1])

    def test_a_failed_step_is_told_and_can_be_read(self):
        with tempfile.TemporaryDirectory() as folder:
            runs = self.runs(folder)
            step = runs.next_step()
            for row in suite.failed_rows(step, 1, "the driver\n did not, well, end"):
                runs.add(row)
            self.assertEqual([row["reason"] for row in runs.rows], ["the driver did not, well, end"] * 2)
            self.assertEqual(runs.next_step().arms, ["fixed", "other"])

    def test_flags_of_the_generator(self):
        shape = {"shape": "phases=1x2,3x4", "repeat": 2, "baseline_per_s": 100, "trace": None, "seconds": 12}
        self.assertEqual(suite.generator_flags(shape), ["--shape", "phases=1x2,3x4,1x2,3x4", "--duration", 12])
        trace = {"shape": None, "trace": "llm_code", "bin_s": 0.1, "speed": 5, "scale": 1, "seconds": 60}
        flags = [str(flag) for flag in suite.generator_flags(trace)]
        self.assertTrue(flags[1].endswith("tests/data/traces/llm_code.csv.gz"))
        self.assertEqual(flags[2:], ["--bin", "0.1", "--speed", "5", "--scale", "1", "--duration", "60"])

    def test_what_the_simulator_knows_of_an_arm(self):
        plan = plan_of()
        arm = plan["arms"]["fixed"]
        for change, policy in (({}, "fixed"), ({"trigger_s": None}, "asap"), ({"tuned_offsets": True}, "min-offsets"),
                               ({"reactive_s": 0.5}, "reactive"), ({"agent": "goal=cost"}, "adaptive"),
                               ({"agent": "policy=rate"}, "rate")):
            self.assertEqual(suite_simulation.flags_of(plan, {**arm, **change})[1], policy)
        self.assertIsNone(suite_simulation.flags_of(plan, {**arm, "agent": "goal=cost,warmup=5s"}))
        self.assertIsNone(suite_simulation.flags_of(plan, {**arm, "min_offsets": 5, "max_delay_s": 3}))


class Usage(unittest.TestCase):
    def test_descendants(self):
        table = {2: 1, 3: 2, 4: 3, 5: 1, 6: 99}
        self.assertEqual(usage.descendants(2, table), {3, 4})
        self.assertEqual(usage.descendants(1, table), {2, 3, 4, 5})
        self.assertIn(os.getpid(), usage.descendants(os.getppid()))

    def test_ones_own_work_is_not_that_of_others(self):
        share = usage.Share([], time.monotonic)
        before, own_s = usage.machine_busy_s(), time.process_time()
        end = time.monotonic() + 20
        while time.process_time() - own_s < 0.5 and time.monotonic() < end:
            pass
        busy_s = usage.machine_busy_s() - before
        passed_s = (time.monotonic() - share.begin_s) * os.cpu_count()
        # All that was worked, without our half second and the clock's ticks.
        self.assertLess(share.others(), max(busy_s - 0.4, 0) / passed_s + 0.1)


class Reactive(unittest.TestCase):
    def test_one_batch_late(self):
        rule = ReactiveRule()
        told = [rule.batch(second, rows) for second, rows in ((0, 20), (2, 20), (4, 20), (6, 200), (8, 200), (10, 2))]
        self.assertEqual(told, [False, False, False, True, True, False])

    def test_time_of_a_batch(self):
        self.assertEqual(seconds_of("1970-01-01T00:00:02.250Z"), 2.25)


if __name__ == "__main__":
    unittest.main()

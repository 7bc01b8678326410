"""The benchmark's Python: which runs are to be run, what makes one bad, how much of the machine others took, and the reactive
baseline's rule. Starts no Spark and no Kafka."""

import contextlib
import json
import os
import pathlib
import sys
import tempfile
import time
import types
import unittest
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "baselines")]
import bench_suite  # noqa: E402
from lab import journal, suite, suite_simulation, usage  # noqa: E402
from lab.environment import LabError  # noqa: E402
from lab.processes import Child, wait_for  # noqa: E402
import reactive_baseline  # noqa: E402
from reactive_baseline import ReactiveRule, seconds_of  # noqa: E402


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

    def test_the_plan_says_what_each_run_is_made_of(self):
        step = suite.Step(plan=plan_of(), **plan_of()["steps"][0])
        self.assertEqual(bench_suite.digests_of(plan_of()),
                         [{"job": "map", "workload": "w", "arm": arm, "repetition": 1, "digest": step.digest_of(arm)}
                          for arm in ("fixed", "other")])

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
            for arm in step.arms:
                runs.add(suite.failed_row(step, arm, 1, "the driver\n did not, well, end"))
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

    def test_the_simulator_is_told_how_long_batches_took(self):
        def cost(batches):
            fixed, _, per_event = suite_simulation.batch_cost(batches).partition("+")
            return float(fixed.removesuffix("ms")), float(per_event.removesuffix("us"))
        line = [(size, 0.3 + 50e-6 * size) for size in (100, 110, 800, 820, 4000)]
        self.assertEqual(cost(line), (300, 50))
        self.assertEqual(tuple(map(round, cost([*line, (105, 9)]))), (300, 50))  # one of three alike
        self.assertEqual(cost([(2, 1.0)] * 50 + [(400, 0.2)]), (360, 0))
        self.assertEqual(cost([(7, 0.4)]), (400, 0))
        self.assertEqual(cost([(1000000, 0.6), (100000, 0.24)]), (200, 0.4))
        for steep in ([(10, 0.1), (3000, 60)], [(10, 0.1), (1000, 11)]):  # a batch of nothing takes no less than nothing
            self.assertEqual(suite_simulation.batch_cost(steep)[:7], "0.000ms")
        self.assertIsNone(suite_simulation.batch_cost([]))

    def test_the_simulator_is_told_of_the_run_that_counts(self):
        with tempfile.TemporaryDirectory() as name:
            folder, runs = pathlib.Path(name), self.runs(name)
            step = runs.next_step()

            def run(end_ms, **change):
                path = folder / str(end_ms)
                path.mkdir()
                (path / "batches.csv").write_text(f"trigger_ms,end_ms,events\n1000,{end_ms},5\n1000,0,5\n")
                runs.add({**self.row(step, "fixed", "ok"), "folder": path.name, **change})
            self.assertIsNone(suite_simulation.measured_cost(runs.rows, folder, step))
            run(1300)
            run(1400, status="late")
            run(1500, digest="of another plan")
            self.assertEqual(suite_simulation.measured_cost(runs.rows, folder, step), "300.000ms+0.000us")


class FakeDriver(suite.Driver):
    """A shell in the place of Spark, which is up and ready at once."""

    def __init__(self, folder, then):
        self.directory = folder
        ready = json.dumps({"jvm_pid": 0, "python_pid": 0, "spark": "", "java": ""})
        script = f"cd {folder}; echo {{}} > up.part; mv up.part up; echo '{ready}' > ready.part; mv ready.part ready; {then}"
        Child.__init__(self, ["sh", "-c", script], folder / "log")


def fake_arm(drivers, dies):
    class FakeArm(suite.Arm):
        def __init__(self, kafka, step, name, folder, *_):
            self.step, self.name, self.folder = step, name, folder
            self.postgres = self.min_offsets = self.max_delay_s = None
            self.driver = FakeDriver(folder, "echo out of memory; exit 3" if name in dies
                                     else "while [ ! -e stop ]; do sleep 0.05; done")
            drivers[name] = self.driver

        def stands(self, ready):
            super().stands({**ready, "jvm_pid": self.driver.pid, "python_pid": self.driver.pid})

        def collect(self, topic, start_ms):
            return {"missing": 0, "repeated": 0, "batches": 7}

        def requests(self):
            return 31

    return FakeArm


class FakeTraffic:
    """Is over when the drivers that are to die have been dead for a look."""

    def __init__(self, dying=()):
        self.dying, self.looks = dying, 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def wait(self, _):
        wait_for(lambda: not any(driver.running() for driver in self.dying), 60)
        self.looks += 1
        return None if self.looks < 3 else 0

    def report(self):
        return {"delivered": 5, "started_ms": 1, "seconds": 9, "seconds_missed": 0}


class Counts(unittest.TestCase):
    def test_triggers_that_took_nothing(self):
        lines = [{"event": "start", "wall_ms": 5, "taken": 10}, *({"event": "trigger", "wall_ms": wall_ms, "available": available}
                 for wall_ms, available in ((10, 10), (20, 12), (30, 12), (40, 12), (50, 13), (60, 13)))]
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "journal.jsonl")
            path.write_text("".join(json.dumps({**line, "query": "measured"}) + "\n" for line in lines))
            self.assertEqual(journal.empty_triggers(path, "measured", 20, 60), 2)

    def test_an_older_table_keeps_its_columns(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "runs.csv")
            suite.append_row(path, ["id", "events"], {"id": "a", "events": 1, "more": 2})
            suite.append_row(path, ["id", "more", "events"], {"id": "b", "events": 3, "more": 4})
            self.assertEqual(path.read_text(), "id,events\na,1\nb,3\n")


class DyingDrivers(unittest.TestCase):
    def run_step(self, dies):
        drivers = {}

        def traffic(_broker, topic, *_):
            dying = [driver for name, driver in drivers.items() if name in dies]
            return FakeTraffic(dying if topic.startswith("events") else ())

        kafka = types.SimpleNamespace(broker="", topic=lambda name, *_: name)
        plan = plan_of(busy_others=1)
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as patches:
            patches.enter_context(mock.patch.object(suite, "Arm", fake_arm(drivers, dies)))
            patches.enter_context(mock.patch.object(suite, "Traffic", traffic))
            for name in ("agent_digest", "predictor_digest"):
                patches.enter_context(mock.patch.object(suite, name, lambda: ""))
            return suite.run_step(kafka, os.getpid(), suite.Step(plan=plan, **plan["steps"][0]), 1, pathlib.Path(folder))[0]

    def test_the_others_go_on(self):
        dead, good = self.run_step({"fixed"})
        self.assertEqual((dead["arm"], dead["status"], good["arm"], good["status"], good["batches"], good["requests"],
                          good["empty_triggers"]), ("fixed", "failed", "other", "ok", 7, 31, ""))
        self.assertIn("ended with 3", dead["reason"])

    def test_without_any_the_step_has_failed(self):
        with self.assertRaisesRegex(LabError, "(?s)ended with 3.*out of memory"):
            self.run_step({"fixed", "other"})


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
        others = share.others()
        busy_s = usage.machine_busy_s() - before
        passed_s = (time.monotonic() - share.begin_s) * os.cpu_count()
        # All that was worked, without our half second and the clock's ticks.
        self.assertLess(others, max(busy_s - 0.4, 0) / passed_s + 0.1)


class Reactive(unittest.TestCase):
    def test_one_batch_late(self):
        rule = ReactiveRule()
        told = [rule.batch(second, rows) for second, rows in ((0, 20), (2, 20), (4, 20), (6, 200), (8, 200), (10, 2))]
        self.assertEqual(told, [False, False, False, True, True, False])

    def test_the_usage_needs_no_more_than_it_says(self):
        seen = []

        def run(options):
            seen.append(pathlib.Path(options.checkpoint))
            self.assertTrue(seen[0].is_dir())

        with mock.patch.object(sys, "argv", ["reactive_baseline.py"]), mock.patch.object(reactive_baseline, "run", run):
            reactive_baseline.main()
        self.assertEqual((len(seen), seen[0].exists()), (1, False))

    def test_time_of_a_batch(self):
        self.assertEqual(seconds_of("1970-01-01T00:00:02.250Z"), 2.25)


if __name__ == "__main__":
    unittest.main()

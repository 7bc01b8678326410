"""The benches' arithmetic: what they read from the journal, from Spark's progress and from /proc. Starts nothing."""

import json
import os
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import demo  # noqa: E402
from lab import journal, kills, memory, punctuality  # noqa: E402


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



class TrafficForKills(unittest.TestCase):
    def test_it_is_long_enough_in_phases_that_the_generator_takes(self):
        for seconds in (12, 138, 1690, 20000):
            shape, really = kills.traffic_for(seconds)
            phases = shape.removeprefix("phases=").split(",")
            self.assertLessEqual(len(phases), 256)
            self.assertEqual(sum(int(phase.split("x")[1]) for phase in phases), really)
            self.assertGreaterEqual(really, seconds)
            self.assertLess(really, 1.5 * seconds + 300)


if __name__ == "__main__":
    unittest.main()

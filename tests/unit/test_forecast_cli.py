"""train and evaluate as their users meet them, and the default model with its card.

    python3 test_forecast_cli.py PATH/TO/adaptivestream [unittest arguments]
"""

import json
import math
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml

PROGRAM = ""
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SERIES = ROOT / "tests" / "data" / "seven_shapes.csv.gz"
TRACE = ROOT / "tests" / "data" / "traces" / "llm_code.csv.gz"
MODEL = ROOT / "models" / "default.model"
OK, FAILED, USAGE = 0, 1, 2
SMALL = ["--generate", "6", "--seconds", "60", "--units", "16", "--epochs", "2"]


def call(*arguments, **options):
    result = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=120, **options)
    return result.returncode, result.stdout, result.stderr


def report(*arguments):
    code, out, errors = call("evaluate", "--json", *arguments)
    assert (code, errors) == (OK, ""), (code, errors)
    return json.loads(out)


def card_of(path):
    text = pathlib.Path(f"{path}.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^\| ([^|]+) \| (.+) \|$", text, re.MULTILINE))


class Evaluate(unittest.TestCase):
    def test_known_errors(self):
        result = report("--series", SERIES, "--lines", "128-150")
        self.assertEqual(result["windows"], 6210)
        errors = {name: scores["mae"] for name, scores in result["forecasters"].items()}
        self.assertEqual(list(errors), ["last", "ema", "holt", "ridge"])
        self.assertAlmostEqual(errors["last"], 45.91, places=2)
        self.assertAlmostEqual(errors["ema"], 55.30, places=2)
        for scores in result["forecasters"].values():
            self.assertGreater(scores["mae_transitions"], scores["mae"])

    def test_table(self):
        code, out, errors = call("evaluate", "--series", SERIES, "--lines", "128-150", "--forecaster", "last,ema,last")
        self.assertEqual((code, errors), (OK, ""))
        lines = out.splitlines()
        self.assertIn("6210 windows", lines[0])
        self.assertEqual([line.split()[:2] for line in lines[3:5]], [["last", "45.91"], ["ema", "55.3"]])
        self.assertEqual([line.split()[:2] for line in lines[6:9]], [["in", "trans."], ["last", "63.25"], ["ema", "77.17"]])
        self.assertLessEqual(max(map(len, lines)), 90)
        self.assertFalse(any(line != line.rstrip() for line in lines))

    def test_the_originals_moving_average(self):
        flags = ["--series", SERIES, "--lines", "128-150", "--forecaster", "ema"]
        result = report(*flags, "--ema-weight", "0.3")
        self.assertEqual(result["ema_weight"], 0.3)
        self.assertAlmostEqual(result["forecasters"]["ema"]["mae"], 85.8, delta=0.05)  # tests/data/README.md

    def test_pinball_and_calibration_of_everyone(self):
        forecasters = report("--generate", "4", "--model", MODEL)["forecasters"]
        for name, scores in forecasters.items():
            for suffix in ("", "_transitions"):
                mae, low, high = scores[f"mae{suffix}"], *scores[f"pinball{suffix}"].values()
                self.assertTrue(0 < scores[f"below{suffix}"] < 1)
                if name == "lstm":
                    self.assertLess(low + high, mae)  # what quantiles are worth
                    self.assertLess(scores[f"quantiles{suffix}"]["below_0.1"], scores[f"quantiles{suffix}"]["below_0.9"])
                else:
                    # The losses at 0.1 and 0.9 of one and the same forecast add up to its absolute error.
                    self.assertAlmostEqual(low + high, mae, places=6)
                    self.assertNotIn(f"quantiles{suffix}", scores)

    def test_what_can_be_known(self):
        result = report("--shape", "burst", "--generate", "100", "--forecaster", "last")
        noise, shape = result["noise_floor"], result["shape_floor"]
        self.assertAlmostEqual(noise["mae"], 10 * math.sqrt(2 / math.pi), delta=0.15)
        # A burst every 39 s begins with a step of 700 / 9 that nobody foresees.
        self.assertAlmostEqual(shape["mae"] - noise["mae"], (700 / 9 - noise["mae"]) / 39, delta=0.2)
        self.assertGreater(shape["mae_transitions"], noise["mae_transitions"])
        self.assertGreater(result["forecasters"]["last"]["mae"], shape["mae"])
        self.assertNotIn("shape_floor", report("--generate", "2"))
        self.assertIn("noise_floor", report("--generate", "2"))
        self.assertNotIn("noise_floor", report("--generate", "2", "--shape", "steady"))
        self.assertNotIn("noise_floor", report("--generate", "2", "--series", SERIES))
        code, out, _ = call("evaluate", "--shape", "burst", "--generate", "2")
        self.assertEqual((code, out.count("\n(noise) "), out.count("\n(shape) ")), (OK, 2, 2))

    def test_log_uniform_is_as_large_as_the_originals(self):
        self.assertEqual(report("--log-uniform", "--forecaster", "last")["windows"], 500 * 570)
        self.assertEqual(report("--log-uniform", "--generate", "2", "--seconds", "40")["windows"], 20)

    def test_picture(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "errors.svg")
            code, _, errors = call("evaluate", "--generate", "3", "--model", MODEL, "--svg", path)
            self.assertEqual((code, errors), (OK, ""))
            picture = xml.parse(path).getroot()
            texts = ["".join(node.itertext()) for node in picture.iter() if node.tag.endswith("text")]
            for name in ("last", "ema", "holt", "ridge", "lstm"):
                self.assertIn(name, texts)
            code, _, errors = call("evaluate", "--generate", "3", "--svg", "/nonexistent/a.svg")
            self.assertEqual(code, FAILED)
            self.assertIn("/nonexistent/a.svg", errors)

    def test_ridge_learns_from_the_lines_before(self):
        ridge = report("--series", SERIES, "--lines", "128-150", "--forecaster", "ridge")["forecasters"]["ridge"]
        self.assertAlmostEqual(ridge["mae"], 45.67, delta=0.02)  # begun at line 128 it is 46.51

    def test_sources(self):
        self.assertEqual(report()["windows"], 150 * 270)
        self.assertEqual(report("--generate", "3", "--seconds", "50")["windows"], 60)
        seconds = report("--trace", TRACE, "--bin", "0.1")["windows"] + 30
        self.assertEqual(seconds, 3436)
        both = report("--trace", TRACE, "--bin", "0.1", "--generate", "1")["windows"]
        self.assertEqual(both, seconds - 30 + 270)
        one, other = (report("--generate", "1", "--seed", seed) for seed in ("1", "2"))
        self.assertNotEqual(one, other)
        steady = report("--generate", "2", "--shape", "steady")["forecasters"]
        self.assertEqual(steady["last"]["mae"], 0)
        drawn = report("--generate", "5", "--log-uniform")["forecasters"]["last"]["mae"]
        self.assertNotEqual(drawn, report("--generate", "5")["forecasters"]["last"]["mae"])

    def test_usage(self):
        for arguments, mention in [
            (["--forecaster", "emma"], "did you mean ema;"),
            (["--forecaster", "lstm"], "needs --model"),
            (["--lines", "1-2"], "--lines needs --series"),
            (["--series", SERIES, "--lines", "100-151"], "'100-151' is not a range of the 150 lines"),
            (["--series", SERIES, "--lines", "0-3"], "not a range"),
            (["--series", SERIES, "--lines", "5-3"], "not a range"),
            (["--shape", "ramps"], "did you mean ramp?"),
            (["--log-uniform", "--baseline", "3"], "leave out --baseline"),
            (["--shape", "steady", "--noise", "3"], "--noise does not go with the shapes steady and phases"),
        ]:
            code, out, errors = call("evaluate", *arguments)
            self.assertEqual((code, out), (USAGE, ""), arguments)
            self.assertIn(mention, errors)

    def test_failures(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "a")
            pathlib.Path(path).write_text("1,2,3\n", encoding="utf-8")
            for arguments, mention in [
                (["--series", path], "no series is longer than 30 seconds"),
                (["--series", os.path.join(folder, "none")], "No such file"),
                (["--trace", os.path.join(folder, "none")], "No such file"),
                (["--trace", path], "a trace has one column"),
                (["--model", path], "the magic is not ASTREAML"),
                (["--model", os.path.join(folder, "none")], "No such file"),
            ]:
                code, out, errors = call("evaluate", *arguments)
                self.assertEqual((code, out), (FAILED, ""), arguments)
                self.assertIn(mention, errors)
                self.assertEqual(errors.count("\n"), 1, errors)


class Train(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "model")

    def train(self, *arguments, path=None):
        return call("train", "--out", path or self.path, *arguments)

    def test_same_seed_same_file(self):
        contents = []
        for seed in ("1", "1", "2"):
            code, out, errors = self.train(*SMALL, "--quiet", "--seed", seed)
            self.assertEqual((code, errors), (OK, ""))
            self.assertIn(f"{self.path}: epoch ", out)
            contents.append(pathlib.Path(self.path).read_bytes())
        self.assertEqual(contents[0], contents[1])
        self.assertNotEqual(contents[0], contents[2])

    def test_progress_and_card(self):
        code, _, errors = self.train(*SMALL, "--seed", "7")
        self.assertEqual(code, OK)
        self.assertEqual(len(errors.splitlines()), 2)
        self.assertRegex(errors.splitlines()[0], r"^epoch 1: loss [\d.]+, validation [\d.]+, MAE [\d.]+/s \(best\), "
                                                 r"[\d.]+ s, at most \d+:\d\d left$")
        card = card_of(self.path)
        self.assertEqual(card["seed"], "7")
        self.assertEqual(card["command"], f"`adaptivestream train --out {self.path} {' '.join(SMALL)} --seed 7`")
        self.assertEqual(card["learnt from"], "150 windows, batches of 256")
        self.assertEqual(card["judged by"], "30 other windows")

    def test_scores_of_the_card_are_those_of_evaluate(self):
        code, _, errors = self.train("--series", SERIES, "--lines", "1-3", "--validate-lines", "4-5", "--test-lines", "6-7",
                                     "--epochs", "1", "--units", "16", "--quiet")
        self.assertEqual((code, errors), (OK, ""))
        card = card_of(self.path)
        scores = report("--series", SERIES, "--lines", "6-7", "--model", self.path)["forecasters"]["lstm"]
        self.assertEqual(card["test MAE"], f"{scores['mae']:.4f} events/s")
        self.assertEqual(card["test MAE in transitions"], f"{scores['mae_transitions']:.4f} events/s")
        self.assertEqual(card["learnt from"], "810 windows, batches of 256")

    def test_a_trace_is_split_in_time(self):
        code, _, errors = self.train("--trace", TRACE, "--bin", "0.1", "--epochs", "1", "--units", "16", "--quiet",
                                     "--no-quantiles", "--layers", "1")
        self.assertEqual((code, errors), (OK, ""))
        card = card_of(self.path)
        self.assertEqual(card["learnt from"], "1902 windows, batches of 256")
        self.assertEqual(card["judged by"], "247 other windows")
        # 988 and 239 more follow 30 empty seconds: they have no scale and would make it millions.
        self.assertLess(float(card["validation loss"]), 5)
        self.assertNotIn("quantiles", report("--model", self.path, "--generate", "1")["forecasters"]["lstm"])

    def test_ctrl_c_keeps_the_best(self):
        process = subprocess.Popen([PROGRAM, "train", "--out", self.path, "--generate", "6", "--units", "16",
                                    "--epochs", "100000", "--patience", "100000"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        with process:
            try:
                self.assertIn("epoch 1", process.stderr.readline())
                process.send_signal(signal.SIGINT)
                out, _ = process.communicate(timeout=60)
            finally:
                process.kill()
        self.assertEqual(process.returncode, 128 + signal.SIGINT)
        self.assertIn("stopped; epoch ", out)
        self.assertIn("lstm", report("--model", self.path, "--generate", "1")["forecasters"])

    def test_usage(self):
        self.assertIn("--out is missing", call("train")[2])
        for arguments, mention in [
            (["--units", "24"], "a multiple of 16"),
            (["--lines", "1-2"], "need --series"),
            (["--series", SERIES, "--lines", "1-20", "--validate-lines", "20-21"], "overlap"),
            (["--series", SERIES, "--test-lines", "20-21"], "overlap"),
            (["--series", SERIES, "--validate-lines", "a"], "'a' is not a range"),
            (["--epochs", "0"], "--epochs"),
        ]:
            code, out, errors = self.train(*arguments)
            self.assertEqual((code, out), (USAGE, ""), arguments)
            self.assertIn(mention, errors)
        self.assertFalse(os.path.exists(self.path))

    def test_failures(self):
        code, out, errors = self.train("--generate", "1")
        self.assertEqual((code, out), (FAILED, ""))
        self.assertIn("too few series", errors)

    def test_what_cannot_be_written_is_said_before(self):
        folder = os.path.dirname(self.path)
        for path, mention in [("/nonexistent/model", "/nonexistent/model.new: cannot be written: No such file"),
                              (folder, "cannot be written: Is a directory")]:
            code, out, errors = self.train(*SMALL, path=path)
            self.assertEqual((code, out), (FAILED, ""))
            self.assertIn(mention, errors)
            self.assertEqual(errors.count("\n"), 1, errors)  # no epoch was shown
        os.mkdir(f"{self.path}.md")
        code, out, errors = self.train(*SMALL)
        self.assertEqual((code, out), (FAILED, ""))
        self.assertIn(".md: cannot be written: Is a directory", errors)
        self.assertEqual(os.listdir(folder), ["model.md"])

    def test_test_lines_that_are_too_short(self):
        series = os.path.join(os.path.dirname(self.path), "series")
        long, short = ",".join(["1", "2"] * 30), "1,2,3"
        pathlib.Path(series).write_text(f"{long}\n{long}\n{short}\n", encoding="utf-8")
        code, out, errors = self.train("--series", series, "--lines", "1-1", "--validate-lines", "2-2",
                                       "--test-lines", "3-3", "--units", "16", "--epochs", "1", "--quiet")
        self.assertEqual((code, out), (FAILED, ""))
        self.assertIn("--test-lines 3-3: no series is longer than 30 seconds", errors)
        self.assertFalse(os.path.exists(self.path))

    def test_the_cards_command_can_be_typed_again(self):
        folder = os.path.dirname(self.path)
        path = os.path.join(folder, "it's ~a|b")
        self.assertEqual(self.train(*SMALL, "--quiet", path=path)[0], OK)
        command = card_of(path)["command"].strip("`")
        self.assertIn(r"'\''", command)
        self.assertEqual(shlex.split(command.replace(r"\|", "|"))[:4], ["adaptivestream", "train", "--out", path])
        # Backticks end code, but for a fence that is longer than any of them (CommonMark 6.1).
        path = os.path.join(folder, "a`b``c")
        self.assertEqual(self.train(*SMALL, "--quiet", path=path)[0], OK)
        command = card_of(path)["command"]
        self.assertRegex(command, "^``` .*[^`] ```$")
        self.assertEqual(shlex.split(command[4:-4])[:4], ["adaptivestream", "train", "--out", path])
        self.assertEqual(self.train(*SMALL, "--quiet", *["--seed", "1"] * 500)[0], OK)
        self.assertRegex(card_of(self.path)["command"], r"^`adaptivestream .*\.\.\.`$")


class DefaultModel(unittest.TestCase):
    def test_card_is_true(self):
        card = card_of(MODEL)
        scores = report("--series", SERIES, "--lines", "128-150", "--model", MODEL)["forecasters"]["lstm"]
        quantiles = scores["quantiles"]
        self.assertEqual(card["test lines 128-150"].split(" windows")[0], "6210")
        # The card's scores may come from vectors that round differently.
        for key, values in [
            ("test MAE", [scores["mae"]]),
            ("test MAE in transitions", [scores["mae_transitions"]]),
            ("test pinball loss, quantiles 0.1 and 0.9", [quantiles["pinball_0.1"], quantiles["pinball_0.9"]]),
        ]:
            stated = [float(number) for number in re.findall(r"\d+\.\d+", card[key].replace("quantiles 0.1 and 0.9", ""))]
            self.assertEqual(len(stated), len(values))
            for expected, value in zip(stated, values):
                self.assertAlmostEqual(value, expected, delta=0.001)
        self.assertLessEqual(scores["mae"], 28.6)

    def test_quantiles_are_calibrated(self):
        quantiles = report("--series", SERIES, "--lines", "128-150", "--model", MODEL)["forecasters"]["lstm"]["quantiles"]
        self.assertAlmostEqual(quantiles["below_0.1"], 0.1, delta=0.05)
        self.assertAlmostEqual(quantiles["below_0.9"], 0.9, delta=0.05)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()

"""How close the network comes to what can be known, on traffic of one shape: the setting of the original's README.

Bursts of 8 times the baseline (100 events/s), up in 10 s, 10 s there, 10 s down, with Gaussian noise of 10 events/s.
Trains on some series and judges by others, drawn with another seed. Beside the network: the exponential moving average
with weight 0.3, and two bounds that no forecaster can pass: the noise alone, and the noise together with the first
second of each burst, whose time is drawn.

    python3 tools/bench_bursts.py [--program build/adaptivestream] [--out FOLDER] [--series 600]
"""

import argparse
import json
import pathlib
import subprocess
import tempfile

SHAPE = ["--shape", "burst", "--baseline", "100", "--noise", "10", "--seconds", "300"]
TRAINED, JUDGED = "42", "43"  # seeds
HELD_OUT = "150"


def run(*command):
    return subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE, text=True).stdout


def below(error, than):
    return 100 * (1 - error / than)


def report(result):
    scores = result["forecasters"]
    rows = [("EMA (0.3)", scores["ema"]), ("last value", scores["last"]), ("Holt", scores["holt"]),
            ("ridge", scores["ridge"]), ("LSTM", scores["lstm"]), ("shape known", result["shape_floor"]),
            ("noise alone", result["noise_floor"])]
    print(f"{result['windows']} windows, {result['transitions']} of them transitions; mean absolute error, events/s\n")
    print("| | all | below EMA (0.3) | transitions | below EMA (0.3) |\n|---|---|---|---|---|")
    ema = scores["ema"]
    for name, row in rows:
        print(f"| {name} | {row['mae']:.2f} | {below(row['mae'], ema['mae']):.1f} % | {row['mae_transitions']:.2f} "
              f"| {below(row['mae_transitions'], ema['mae_transitions']):.1f} % |")
    print("\nshape known: a forecast that knows bursts to the second, but not when the next one begins.")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="build/adaptivestream")
    parser.add_argument("--out", type=pathlib.Path, help="keep the model and the figures in this folder")
    parser.add_argument("--series", default="600", help="series of 300 s to train on (default 600)")
    parser.add_argument("--epochs", default="90")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.out or pathlib.Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        model = folder / "bursts.model"
        print(run(arguments.program, "train", *SHAPE, "--generate", arguments.series, "--seed", TRAINED,
                  "--epochs", arguments.epochs, "--out", model))
        judged = run(arguments.program, "evaluate", *SHAPE, "--generate", HELD_OUT, "--seed", JUDGED,
                     "--ema-weight", "0.3", "--model", model, "--svg", folder / "bursts.svg", "--json")
        (folder / "bursts.json").write_text(judged, encoding="utf-8")
        report(json.loads(judged))


if __name__ == "__main__":
    main()

"""The network and its training against PyTorch's: the same weights, the same start and schedule, the time of an epoch.

    python3 test_oracle.py PATH/TO/forecast_oracle          the first epochs (a minute)
    python3 test_oracle.py PATH/TO/forecast_oracle --full   to the end as `adaptivestream train` does it by default, and
                                                            the errors on the test lines (10 minutes)

Skips itself, with a line that says so, where torch is not installed. Both sides use one thread; times are CPU time.
"""

import gzip
import pathlib
import struct
import subprocess
import sys
import tempfile
import time

try:
    import torch
except ImportError:
    print("test_oracle: SKIPPED: this Python has no torch (python3 -m venv DIR; DIR/bin/pip install torch numpy)")
    sys.exit(0)

SERIES = pathlib.Path(__file__).resolve().parent.parent / "data" / "seven_shapes.csv.gz"
HISTORY, BATCH, SEED, LEVELS = 30, 256, 42, (0.1, 0.9)
FIRST_EPOCHS, MOST_EPOCHS, PATIENCE, HALVE_AFTER = 6, 90, 15, 5
MODEL = pathlib.Path(__file__).resolve().parent.parent.parent / "models" / "default.model"


def ours(program, *arguments):
    result = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=True)
    return [[float(word) for word in line.split()] for line in result.stdout.splitlines()]


def windows(lines):
    rows = [row[at : at + HISTORY + 1] for row in lines for at in range(len(row) - HISTORY)]
    table = torch.tensor(rows, dtype=torch.float64)
    inputs, truths = table[:, :HISTORY], table[:, HISTORY:]
    mean = inputs.mean(1, keepdim=True)
    spread = torch.maximum(inputs.std(1, keepdim=True, correction=0), 0.05 * mean) + 1e-8
    return (((inputs - mean) / spread).float().unsqueeze(2), ((truths - mean) / spread).float(), mean, spread, truths)


class Network(torch.nn.Module):
    """Without the second vector of biases, which is the sum's other half only: ours has one."""

    def __init__(self, path):
        super().__init__()
        data = pathlib.Path(path).read_bytes()
        history, layers, units, outputs = struct.unpack_from("<4I", data, 16)
        values = torch.tensor(struct.unpack_from(f"<{(len(data) - 156) // 4}f", data, 152))
        self.lstm = torch.nn.LSTM(1, units, layers, batch_first=True)
        self.head = torch.nn.Linear(units, outputs)
        at = 0

        def take(rows, columns):
            nonlocal at
            at += rows * columns
            return values[at - rows * columns : at].reshape(rows, columns)

        with torch.no_grad():
            for layer in range(layers):
                getattr(self.lstm, f"weight_ih_l{layer}").copy_(take(1 if layer == 0 else units, 4 * units).T)
                getattr(self.lstm, f"weight_hh_l{layer}").copy_(take(units, 4 * units).T)
                getattr(self.lstm, f"bias_ih_l{layer}").copy_(take(1, 4 * units)[0])
                unused = getattr(self.lstm, f"bias_hh_l{layer}")
                unused.zero_()
                unused.requires_grad_(False)
            self.head.weight.copy_(take(outputs, units))
            self.head.bias.copy_(take(1, outputs)[0])
        assert at == len(values), (at, len(values))

    def forward(self, inputs):
        return self.head(self.lstm(inputs)[0][:, -1])


def loss_of(outputs, truths):
    loss = torch.nn.functional.huber_loss(outputs[:, :1], truths)
    for i, level in enumerate(LEVELS):
        difference = truths - outputs[:, i + 1 : i + 2]
        loss = loss + torch.maximum(level * difference, (level - 1) * difference).mean()
    return loss


def validate(network, judged):
    """Loss, and error in events/s."""
    with torch.no_grad():
        outputs = network(judged[0])
        rates = (outputs[:, :1] * judged[3] + judged[2]).clamp(min=0)
        return loss_of(outputs, judged[1]).item(), (rates - judged[4]).abs().mean().item()


def train(network, learnt, judged, orders, halve_after, patience):
    """Validation loss, error in events/s and CPU seconds so far after each epoch; the network becomes the best one."""
    optimizer = torch.optim.Adam((p for p in network.parameters() if p.requires_grad), lr=1e-3)
    seconds, result, best, since = 0.0, [], None, 0
    for order in orders:
        begin = time.process_time()
        indices = torch.tensor([int(i) for i in order])
        for at in range(0, len(indices), BATCH):
            chosen = indices[at : at + BATCH]
            optimizer.zero_grad()
            loss_of(network(learnt[0][chosen]), learnt[1][chosen]).backward()
            optimizer.step()
        seconds += time.process_time() - begin
        loss, error = validate(network, judged)
        since += 1
        if not result or loss < min(row[0] for row in result):
            best, since = {name: value.clone() for name, value in network.state_dict().items()}, 0
        result.append((loss, error, seconds))
        if since >= patience:
            break
        if halve_after and since and since % halve_after == 0:
            optimizer.param_groups[0]["lr"] /= 2
    network.load_state_dict(best)
    return result


def main(program, full):
    torch.set_num_threads(1)
    with gzip.open(SERIES, "rt") as file:
        lines = [[float(word) for word in line.split(",")] for line in file]
    learnt, judged, tested = windows(lines[:105]), windows(lines[105:127]), windows(lines[127:])
    failures = 0

    def check(what, value, limit):
        nonlocal failures
        good = value <= limit
        failures += not good
        print(f"{'ok' if good else 'FAILED'}: {what}: {value:.3g}, allowed {limit:.3g}", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/model"
        ours(program, "start", SEED, path)
        with torch.no_grad():
            expected = Network(path)(tested[0])
        outputs = torch.tensor(ours(program, "forecast", path, SERIES, 128, 150))
        check("largest difference of an output, same weights", (outputs - expected).abs().max().item(), 1e-5)

        epochs = MOST_EPOCHS if full else FIRST_EPOCHS
        network, halve_after = Network(path), HALVE_AFTER if full else 0
        orders = ours(program, "order", SEED, len(learnt[0]), epochs)
        theirs = train(network, learnt, judged, orders, halve_after, PATIENCE)
        own = ours(program, "train", path, SERIES, SEED, epochs, halve_after, PATIENCE)
    for epoch, ((loss, error, seconds), (own_loss, own_error, own_seconds)) in enumerate(zip(theirs, own), 1):
        print(f"epoch {epoch}: loss {own_loss:.4f}, torch {loss:.4f}; MAE {own_error:.2f}, torch {error:.2f}; "
              f"CPU {own_seconds:.2f} s, torch {seconds:.2f} s")
    # Rounding differs, and a training amplifies it: single epochs wander, what they reach does not.
    best, own_best = min(row[0] for row in theirs), min(row[0] for row in own)
    check("relative difference of the lowest validation loss", abs(own_best / best - 1), 0.01)
    check("CPU time of an epoch, of torch's with one thread", own[-1][2] / len(own) / (theirs[-1][2] / len(theirs)), 1)
    if full:
        error, own_error = validate(network, tested)[1], validate(Network(MODEL), tested)[1]
        print(f"test MAE: {own_error:.2f} (models/default.model), torch {error:.2f}")
        check("relative excess of the test MAE", own_error / error - 1, 0.02)
        check("test MAE", own_error, 28.6)
    print(f"test_oracle: torch {torch.__version__}, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:] == ["--full"]))

"""What the default number of threads costs, idle and beside a program that keeps a processor busy.

`python -m tests.benchmarks.neighbours --data-dir DIR` trains four problems with one thread, with
all and with the default, in processes of their own, and prints medians and ratios. The machine must
have nothing else to do.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from paretocli.training.machine import available_threads

# Problem and options; as small as a time can be told.
CASES = {
    "table (mulan:enb), 9 points": ("sweep", "mulan:enb", "--epochs", "40"),
    "multidigits, MDMTN": ("train", "multidigits", "--network", "mdmtn", "--epochs", "1"),
    "MultiMNIST, hps": (
        *("train", "multimnist", "--network", "hps", "--train-samples", "2560"),
        *("--epochs", "1", "--retrain-epochs", "0"),
    ),
    "small ResNet": (
        *("train", "examples/own_network.py:make", "--train-samples", "1280"),
        *("--epochs", "1", "--retrain-epochs", "0"),
    ),
}
BUSY = "while True: pass"
ROOT = Path(__file__).parents[2]
BEST_BAR, BUSY_BAR = 1.15, 2.5


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.neighbours")
    parser.add_argument("--data-dir", required=True)
    parser.add_argument("--rounds", type=int, default=3, help="each is measured so often")
    arguments = parser.parse_args()
    choices = {
        "1": ["--threads", "1"],
        "all": ["--threads", str(available_threads())],
        "default": [],
    }
    print("Medians of the seconds in epochs, evaluation and certificate; ratios of the default:")
    print(f"to the better of 1 and {available_threads()} threads (at most {BEST_BAR}), and beside")
    print(f"a busy program to idle (at most {BUSY_BAR}).\n")
    print(f"{'':<28} {'':>5} {'1':>7} {'all':>7} {'default':>8} {'to best':>8} {'to idle':>8}")
    for name, command in CASES.items():
        common = [*command, "--data-dir", arguments.data_dir]
        idle = _medians(common, choices, arguments.rounds)
        with _busy_program():
            busy = _medians(common, choices, arguments.rounds)
        print(_row(name, "idle", idle, idle), flush=True)
        print(_row("", "busy", busy, idle), flush=True)


def _row(name: str, state: str, found: dict[str, float], idle: dict[str, float]) -> str:
    best = found["default"] / min(found["1"], found["all"])
    to_idle = found["default"] / idle["default"]
    return (
        f"{name:<28} {state:>5} {found['1']:>7.2f} {found['all']:>7.2f} {found['default']:>8.2f}"
        f" {best:>8.2f} {to_idle:>8.2f}"
    )


def _medians(common: Sequence[str], choices: dict[str, list[str]], rounds: int) -> dict[str, float]:
    """By turns, so that a slow minute strikes all of them."""
    times: dict[str, list[float]] = {name: [] for name in choices}
    for _ in range(rounds):
        for name, options in choices.items():
            times[name].append(_seconds([*common, *options]))
    return {name: statistics.median(found) for name, found in times.items()}


def _seconds(arguments: Sequence[str]) -> float:
    """How long the program computes: all shards, side by side or not, without its start."""
    program = str(Path(sys.executable).with_name("paretocli"))
    with tempfile.TemporaryDirectory() as folder:
        command = [program, *arguments, "--out", f"{folder}/run", "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
        records = json.loads(done.stdout)["points"]
    return max(float(record["seconds"]) for record in records)


@contextmanager
def _busy_program() -> Iterator[None]:
    neighbour = subprocess.Popen([sys.executable, "-c", BUSY])
    try:
        time.sleep(0.5)
        yield
    finally:
        neighbour.kill()
        neighbour.wait()


if __name__ == "__main__":
    main()

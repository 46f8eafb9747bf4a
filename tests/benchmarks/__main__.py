"""The table of benchmarks: `python -m tests.benchmarks --data-dir DIR [--device cuda]`."""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

COMMANDS = (
    ("--help",),
    ("sweep", "--help"),
    ("status", "--help"),
    ("problems",),
    ("sweep", "vlmop2", "--dry-run"),
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("--data-dir", required=True)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", default="1")
    parser.add_argument("--problems", default="multimnist,cifar10mnist")
    parser.add_argument("--points", default="1,2,4,8,16,32")
    parser.add_argument("--samples", type=int, default=5120, help="images an epoch")
    parser.add_argument("--rounds", type=int, default=3, help="each is measured so often")
    parser.add_argument("--precision", default="fp32", help="of the populations")
    parser.add_argument("--compile", action="store_true", help="the populations")
    arguments = parser.parse_args()
    common = ["--data-dir", arguments.data_dir, "--device", arguments.device]
    common += ["--threads", arguments.threads, "--samples", str(arguments.samples)]
    how = ["--precision", arguments.precision, *["--compile"][: arguments.compile]]
    rounds = arguments.rounds
    limit = _median(rounds, "matrix", *common)
    rate = limit["flops"] / limit["seconds"]
    print(f"Product of matrices on {arguments.device}, {arguments.threads} threads: ", end="")
    print(f"{rate / 1e9:.0f} GFLOP/s. Medians of {rounds}; seconds are for 50,000 images.\n")
    scale = 50_000 / arguments.samples
    for problem in arguments.problems.split(","):
        here = [*common, "--problem", problem]
        loop = _median(rounds, "loop", *here)
        share = loop["flops"] / loop["seconds"] / rate
        print(f"{problem}, MDMTN, batches of 256")
        print("points  seconds a point  CPU-seconds  to the plain loop  of the limit  peak MiB")
        print(_row("loop", loop, scale, 1.0, share, None))
        for points in map(int, arguments.points.split(",")):
            found = _median(rounds, "population", *here, *how, "--points", str(points))
            each = {key: found[key] / points for key in ("seconds", "cpu_seconds")}
            ratio = loop["seconds"] / each["seconds"]
            share = loop["flops"] / each["seconds"] / rate
            print(_row(str(points), each, scale, ratio, share, found["peak_bytes"]), flush=True)
        print()
    print("Start of a command, seconds")
    for command in COMMANDS:
        print(f"{' '.join(command):<28} {_started(command, rounds):.2f}")


def _row(
    name: str,
    each: dict[str, float],
    scale: float,
    ratio: float,
    share: float,
    peak: float | None,
) -> str:
    memory = "" if peak is None else f"{peak / 2**20:.0f}"
    return (
        f"{name:>6}  {each['seconds'] * scale:>15.2f}  {each['cpu_seconds'] * scale:>11.2f}"
        f"  {ratio:>17.2f}  {100 * share:>10.1f} %  {memory:>8}"
    )


def _median(rounds: int, *arguments: str) -> dict[str, Any]:
    """The round with the median time, each in a process of its own."""
    found = []
    for _ in range(rounds):
        command = [sys.executable, "-m", "tests.benchmarks.measure", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found.append(json.loads(done.stdout))
    return sorted(found, key=lambda one: float(one["seconds"]))[(rounds - 1) // 2]


def _started(command: tuple[str, ...], rounds: int) -> float:
    program = str(Path(sys.executable).with_name("paretocli"))
    times = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            before = time.perf_counter()
            subprocess.run([program, *command], capture_output=True, check=True, cwd=folder)
            times.append(time.perf_counter() - before)
    return statistics.median(times)


if __name__ == "__main__":
    main()

"""Four kinds of sweeps, killed again and again, against the same sweeps left alone.

    python -m tests.studies.kills [KILLS] [FOLDER]

Each of four sweeps (taught by other networks, at a point's zero rows, scaled by single runs, and
branching with batches of its own for each subproblem) is run once to its end, and once more with
SIGKILL at random moments, with one worker or two, continued until it is done. Networks must be
equal byte for byte, tables, records and histories but for the times; no other file may be left.
What it prints for each is how often it was killed, and what differs.
"""

import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.processes import Program, gone, kill_all, started, workers_of
from tests.program import files_below, paretocli
from tests.sweeping.test_parallel import untimed

SMALL = ("multidigits", "--network", "hps", "--train-samples", "512", "--threads", "1")
DENSE = (*SMALL, "--no-sparsity", "--points", "3", "--epochs", "14")
APART = ("--stack", "1")
SWEEPS = {
    "teachers": (*DENSE, *APART, "--teachers", "../teachers"),
    "frozen": (
        *(*SMALL, "--points", "3", "--epochs", "14", *APART),
        *("--freeze-sparsity", "../sparse:0"),
    ),
    "payoff": (*DENSE, *APART, "--scale", "payoff"),
    "split": (*DENSE, "--transfer", "split", "--batches", "independent"),
}
# What the first two build on.
BEFORE = {
    "teachers": (*SMALL, "--no-sparsity", "--solver", "single", "--epochs", "3"),
    "sparse": (*SMALL, "--weights", "1,2,2", "--epochs", "4", "--retrain-epochs", "2"),
}
MOST_LINES = 2  # of the history between two kills; there are 42 in all
START = 3.0  # seconds in which some kills fall before there is any line
WITH_WORKERS = 0.3  # the share of starts that have two workers
OF_A_WORKER = 0.5  # the share of kills, where there are workers
A_MOMENT = 0.01
PATIENCE = 300.0


def main(kills: int, folder: Path) -> None:
    """Run all and say how it went; the exit code says whether all was equal."""
    for name, sweep in BEFORE.items():
        run_to_its_end(("sweep", *sweep, "--out", name), folder)
    equal = []
    for number, (name, sweep) in enumerate(SWEEPS.items()):
        command = ("sweep", *sweep, "--checkpoint-every", "0", "--out", "run")
        whole, killed = folder / f"{name}-whole", folder / f"{name}-killed"
        for place in (whole, killed):
            place.mkdir()
        run_to_its_end(command, whole)
        share = kills // len(SWEEPS) + (number < kills % len(SWEEPS))
        count = kill_often(command, killed, share, random.Random(number))
        run_to_its_end(command, killed)
        found = differences(whole, killed)
        equal.append(not found)
        print(f"{name}: {count} kills, {', '.join(found) or 'all is equal'}", flush=True)
    sys.exit(not all(equal))


def run_to_its_end(command: tuple[str, ...], folder: Path) -> None:
    """Run the program, and fail where it fails."""
    done = paretocli(*command, cwd=folder)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)


def kill_often(command: tuple[str, ...], folder: Path, kills: int, choice: random.Random) -> int:
    """Start it and kill it at random moments; how often it was killed, worker or parent."""
    count = 0
    while count < kills:
        jobs, new = 1 + (choice.random() < WITH_WORKERS), choice.randint(0, MOST_LINES)
        until = lines_of(folder) + new
        process = started(*command, "--jobs", jobs, cwd=folder)
        try:
            if new:
                wait_for_lines(folder, until, process)
            time.sleep(choice.uniform(0, 0.1 if new else START))
            workers = workers_of(process)
            if workers and choice.random() < OF_A_WORKER:
                os.kill(choice.choice(workers), signal.SIGKILL)
                count += 1
                time.sleep(choice.uniform(0, 0.5))
            if process.poll() is not None:
                raise RuntimeError("It ended before it was killed often enough.")
            process.kill()
            count += 1
            while not gone(process):
                time.sleep(A_MOMENT)
        finally:
            kill_all(process)
    return count


def wait_for_lines(folder: Path, count: int, process: Program) -> None:
    """Wait until the history has so many lines; a process that ends before that is an error."""
    until = time.monotonic() + PATIENCE
    while lines_of(folder) < count:
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"{lines_of(folder)} of {count} lines; exit {process.poll()}")
        time.sleep(A_MOMENT)


def lines_of(folder: Path) -> int:
    """Lines of the history so far."""
    files = (folder / "run" / "history").glob("*.jsonl")
    return sum(file.read_text().count("\n") for file in files)


def differences(whole: Path, killed: Path) -> list[str]:
    """The files and tables that are not the same."""
    expected, found = untimed(whole), untimed(killed)
    names = set(files_below(whole / "run")) ^ set(files_below(killed / "run"))
    return sorted(names | {name for name in expected if expected[name] != found.get(name)})


if __name__ == "__main__":
    arguments = sys.argv[1:]
    place = Path(arguments[1]) if len(arguments) > 1 else Path(tempfile.mkdtemp())
    main(int(arguments[0]) if arguments else 28, place)

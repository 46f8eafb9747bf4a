"""A sweep that is killed again and again, at random moments, until it is done."""

import os
import random
import signal
import time

from tests.processes import gone, kill_all, started, wait_for, workers_of
from tests.program import files_below, paretocli
from tests.sweeping.test_parallel import untimed

# It grows, starts points from others, and keeps epochs of them.
SWEEP = (
    *("sweep", "multidigits", "--network", "hps", "--train-samples", "1024"),
    *("--retrain-epochs", "6", "--stack", "1", "--checkpoint-every", "0", "--out", "run"),
    *("--placement", "adaptive", "--points", "7", "--epochs", "6"),
    *("--warm", "nearest", "--warm-epochs", "4", "--where", "accuracy_left >= 0"),
    *("--keep", "front"),
)
KILLS = 5
MOST_LINES = 10  # of the history between two kills; there are some 70 in all
START = 1.5  # seconds in which some kills fall before there is any line


def test_kills_at_random_moments(tmp_path):
    """Mostly of the program, sometimes of a worker alone; with one worker or two."""
    choice = random.Random(5)
    kills = 0
    while kills < KILLS:
        jobs, new = choice.choice([1, 2]), choice.randint(0, MOST_LINES)
        until = lines_of(tmp_path) + new
        process = started(*SWEEP, "--jobs", jobs, cwd=tmp_path)
        try:
            if new:
                wait_for(lambda until=until: lines_of(tmp_path) >= until, process)
            time.sleep(choice.uniform(0, 0.1 if new else START))
            workers = workers_of(process)
            if workers and choice.random() < 0.3:
                os.kill(choice.choice(workers), signal.SIGKILL)
                kills += 1
                time.sleep(choice.uniform(0, 0.5))
            assert process.poll() is None, "it ended before it was killed often enough"
            process.kill()
            kills += 1
            wait_for(lambda process=process: gone(process))
        finally:
            kill_all(process)
    done = paretocli(*SWEEP, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (tmp_path / "whole").mkdir()
    whole = paretocli(*SWEEP, cwd=tmp_path / "whole")
    assert whole.returncode == 0, whole.stderr
    assert untimed(tmp_path) == untimed(tmp_path / "whole")
    files = [set(files_below(folder / "run")) for folder in (tmp_path, tmp_path / "whole")]
    assert files[0] == files[1]


def lines_of(folder):
    """Lines of the history so far."""
    files = (folder / "run" / "history").glob("*.jsonl")
    return sum(file.read_text().count("\n") for file in files)

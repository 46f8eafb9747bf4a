"""A sweep that is killed again and again, at random moments, until it is done."""

import os
import random
import signal
import time

import pandas as pd

from tests.processes import gone, kill_all, started, wait_for, workers_of
from tests.program import files_below, paretocli
from tests.sweep.test_parallel import untimed

SWEEP = (
    *("sweep", "multidigits", "--network", "hps", "--points", "4", "--epochs", "60"),
    *("--retrain-epochs", "20", "--stack", "1", "--checkpoint-every", "0", "--out", "run"),
)
KILLS = 25
SOONEST, LATEST = 1.5, 4.0  # seconds after the start; the first epoch ends after some two


def test_25_kills(tmp_path):
    """Mostly of the program, sometimes of a worker alone; with one worker or two."""
    choice = random.Random(5)
    kills = 0
    while kills < KILLS:
        process = started(*SWEEP, "--jobs", choice.choice([1, 2]), cwd=tmp_path)
        try:
            time.sleep(choice.uniform(SOONEST, LATEST))
            workers = workers_of(process)
            if workers and choice.random() < 0.3:
                os.kill(choice.choice(workers), signal.SIGKILL)
                kills += 1
                time.sleep(choice.uniform(0, 1))
            assert process.poll() is None, "it ended before it was killed often enough"
            process.kill()
            kills += 1
            wait_for(lambda process=process: gone(process))
        finally:
            kill_all(process)
    done = paretocli(*SWEEP, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (tmp_path / "whole").mkdir()
    whole = paretocli(*SWEEP, "--jobs", 1, cwd=tmp_path / "whole")
    assert whole.returncode == 0, whole.stderr
    tables = [
        pd.read_csv(folder / "run" / "results.csv").drop(columns="seconds")
        for folder in (tmp_path, tmp_path / "whole")
    ]
    pd.testing.assert_frame_equal(*tables, check_exact=True)
    assert untimed(tmp_path) == untimed(tmp_path / "whole")
    files = [set(files_below(folder / "run")) for folder in (tmp_path, tmp_path / "whole")]
    assert files[0] == files[1]

"""What happens to a sweep when it is killed, or when a part of it fails."""

import json
import os
import shutil
import signal

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.numpy import load_file

from tests.processes import kill_all, started, wait_for
from tests.program import paretocli

TIMING = ["seconds"]
CAREFUL = ("--stack", "2", "--threads", "1", "--checkpoint-every", "0", "--out", "run")
SWEEP = (
    *("sweep", "multidigits", "--network", "hps", "--no-sparsity"),
    *("--points", "4", "--epochs", "6", "--train-samples", "512", *CAREFUL),
)
# Two phases; rows become zero in the first and clusters of up to nine are tied after it.
SPARSE = (
    *("sweep", "multidigits", "--network", "hps", "--weights", "1,2,2", "--weights", "2,1,3"),
    *("--epochs", "2", "--retrain-epochs", "4", "--share-similarity", "0.15", *CAREFUL),
    *("--train-samples", "2048", "--lr", "0.01"),
)

DIVERGING = """
import torch
from torch import nn
from paretocli.problems import Defaults, Problem, Samples, Task

def curved(output, target):
    return 200 * (output ** 2).sum(dim=-1).mean()

def flat(output, target):
    return ((output - 1) ** 2).mean()

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.x = nn.Parameter(torch.ones(4))
    def forward(self, inputs):
        return [self.x.expand(len(inputs), 4)] * 2

def make():
    samples = Samples(torch.zeros(60, 1), (torch.zeros(60), torch.zeros(60)))
    return Problem(name="steep", tasks=[Task("curved", curved), Task("flat", flat)],
                   train=samples, val=samples, test=samples, networks={"point": Net},
                   defaults=Defaults(network="point", batch_size=1, scale="none", epochs=6,
                                     optimizer="sgd", schedule="constant", lr=0.02))
"""

RAISING = """
import torch
from torch import nn
from paretocli.problems import Defaults, Problem, Samples, Task

def squared(output, target):
    return ((output - target) ** 2).mean()

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.x = nn.Parameter(torch.zeros(1))
    def forward(self, inputs):
        if float(self.x) > 0.95:
            raise ValueError("this far and no further")
        return [self.x.expand(len(inputs), 1)] * 2

def make():
    targets = (torch.ones(8, 1), torch.zeros(8, 1))
    samples = Samples(torch.zeros(8, 1), targets)
    return Problem(name="raising", tasks=[Task("far", squared), Task("near", squared)],
                   train=samples, val=samples, test=samples, networks={"point": Net},
                   defaults=Defaults(network="point", batch_size=8, scale="none", epochs=30,
                                     optimizer="sgd", schedule="constant", lr=0.1))
"""


def table_of(folder):
    return pd.read_csv(folder / "run" / "results.csv").drop(columns=TIMING)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("uninterrupted")
    done = paretocli(*SWEEP, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def history_of(folder, shard):
    text = (folder / "run" / "history" / f"{shard}.jsonl").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    return [{key: value for key, value in line.items() if key != "seconds"} for line in lines]


def killed_at(folder, sweep, shard, epoch):
    """Start a sweep and kill it as soon as a shard's history has reached an epoch."""
    process = started(*sweep, cwd=folder)
    history = folder / "run" / "history" / f"{shard}.jsonl"
    try:
        reached = f'"epoch": {epoch}'
        wait_for(lambda: history.exists() and reached in history.read_text(), process)
    finally:
        kill_all(process)
    with history.open("a") as file:
        file.write('{"point": 0, "epo')  # the line that the kill tore


def test_kill_9_and_the_same_command(uninterrupted, tmp_path):
    """Killed as soon as the history of the second shard has reached an epoch, and continued."""
    killed_at(tmp_path, SWEEP, "0002-0003", 3)
    assert len(list((tmp_path / "run" / "points").glob("*.json"))) < 4

    done = paretocli(*SWEEP, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "going on after epoch" in done.stderr
    pd.testing.assert_frame_equal(table_of(tmp_path), table_of(uninterrupted), check_exact=True)
    for name in ("0000-0001", "0002-0003"):
        assert history_of(tmp_path, name) == history_of(uninterrupted, name)
    assert list((tmp_path / "run" / "checkpoints").iterdir()) == []


def test_kill_9_while_retraining_and_the_same_command(tmp_path):
    """Killed in the second phase: zero rows and ties are those of an uninterrupted run."""
    folders = [tmp_path / "killed", tmp_path / "whole"]
    for folder in folders:
        folder.mkdir()
    killed_at(folders[0], SPARSE, "0000-0001", 4)
    assert list((folders[0] / "run" / "points").glob("*.json")) == []
    for folder in folders:
        done = paretocli(*SPARSE, cwd=folder)
        assert done.returncode == 0, done.stderr
        assert ("going on after epoch" in done.stderr) == (folder == folders[0])
    for point in range(2):
        file = f"run/points/{point:04d}.safetensors"
        ours, theirs = (load_file(f / file) for f in folders)
        zero, labels = zeros_and_ties(theirs["shared.3.weight"])
        assert zero.sum() >= 10
        assert len(set(labels)) <= len(labels) - zero.sum() - 10
        for found, expected in zip(
            zeros_and_ties(ours["shared.3.weight"]), (zero, labels), strict=True
        ):
            np.testing.assert_array_equal(found, expected)
        for name, tensor in theirs.items():
            np.testing.assert_array_equal(ours[name], tensor, err_msg=name)
    tables = [table_of(folder) for folder in folders]
    pd.testing.assert_frame_equal(*tables, check_exact=True)
    histories = [history_of(folder, "0000-0001") for folder in folders]
    assert histories[0] == histories[1]
    assert [line["epoch"] for line in histories[0]] == [e for e in range(1, 7) for _ in range(2)]
    for _, row in tables[0].iterrows():
        (best,) = [
            line
            for line in histories[0]
            if (line["point"], line["epoch"]) == (row["point"], row["best_epoch"])
        ]
        assert best["zero_rows"] == row["rows"] - row["rows_kept"]


def zeros_and_ties(weight):
    """Which rows of a matrix (out, R) are zero (R,), and a label that equal rows share (R,)."""
    rows = weight.T
    _, labels = np.unique(rows, axis=0, return_inverse=True)
    return (rows == 0).all(axis=1), labels.reshape(-1)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_asked_to_stop_without_workers(tmp_path, number, code):
    process = started(*SWEEP, "--epochs", "500", cwd=tmp_path)
    try:
        wait_for(lambda: list((tmp_path / "run" / "checkpoints").glob("*.pt")), process)
        os.kill(process.pid, number)
        _, said = process.communicate(timeout=60)
    finally:
        kill_all(process)
    assert process.returncode == code
    assert "Traceback" not in said


def test_a_run_of_other_code_is_refused(tmp_path):
    source = tmp_path / "steep.py"
    source.write_text(DIVERGING)
    sweep = ("sweep", "steep.py:make", "--weights", "0.02,0.98", "--epochs", "1", "--out", "run")
    assert paretocli(*sweep, cwd=tmp_path).returncode == 0
    source.write_text(DIVERGING.replace("200", "2"))
    done = paretocli(*sweep, cwd=tmp_path)
    assert done.returncode == 2
    assert "the checksum of the source code differs" in done.stderr


def test_a_metric_that_is_no_number_is_left_empty(tmp_path):
    text = DIVERGING.replace('Task("curved", curved)', 'Task("curved", curved, {"accuracy": nan})')
    (tmp_path / "steep.py").write_text(
        text + "\ndef nan(output, target):\n    return output.mean() * float('nan')\n"
    )
    weights = ("--weights", "0.02,0.98", "--weights", "0.01,0.99")
    sweep = ("sweep", "steep.py:make", *weights, "--epochs", "1", "--out", "run")
    done = paretocli(*sweep, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert pd.read_csv(tmp_path / "run" / "results.csv")["accuracy_curved_test"].isna().all()


def test_a_checkpoint_that_a_kill_left_is_dropped(uninterrupted, tmp_path):
    """The kill came after the last point of a shard, and before its checkpoint was removed."""
    shutil.copytree(uninterrupted / "run", tmp_path / "run")
    left = tmp_path / "run" / "checkpoints" / "0000-0001.pt"
    torch.save({}, left)
    done = paretocli(*SWEEP, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert not left.exists()


def test_one_after_another_gives_the_same_as_stacked(uninterrupted, tmp_path):
    done = paretocli(*SWEEP, "--stack", 1, "--epochs", 1, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    done = paretocli(*SWEEP, "--stack", 4, "--epochs", 1, "--out", "stacked", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for point in range(4):
        one, other = (
            load_file(tmp_path / name / "points" / f"{point:04d}.safetensors")
            for name in ("run", "stacked")
        )
        for tensor in one:
            difference = abs(one[tensor] - other[tensor]).max() / abs(one[tensor]).max()
            assert difference <= 1e-4, (point, tensor)


def test_a_diverged_point_is_marked_and_the_others_are_unharmed(tmp_path):
    (tmp_path / "steep.py").write_text(DIVERGING)
    weights = ("--weights", "0.02,0.98", "--weights", "0.98,0.02", "--weights", "0.01,0.99")
    sweep = ("sweep", "steep.py:make", "--solver", "linear", "--epochs", "2", "--threads", "1")
    together = paretocli(*sweep, *weights, "--out", "run", cwd=tmp_path)
    assert together.returncode == 1
    assert "1 of 3 points failed" in together.stderr
    table = pd.read_csv(tmp_path / "run" / "results.csv")
    assert list(table["status"]) == ["done", "failed", "done"]
    assert "not finite in step" in table["error"][1]
    assert "a smaller --lr" in together.stderr
    assert not table["on_front"][1]
    assert (tmp_path / "run" / "front.png").exists()

    alone = paretocli(*sweep, *weights[:2], *weights[4:], "--out", "alone", cwd=tmp_path)
    assert alone.returncode == 0, alone.stderr
    healthy = table[table["status"] == "done"].reset_index(drop=True)
    expected = pd.read_csv(tmp_path / "alone" / "results.csv")
    columns = [c for c in table if c.startswith(("loss", "weight_", "stationarity"))]
    pd.testing.assert_frame_equal(healthy[columns], expected[columns], rtol=1e-5)

    # A failed point is listed again, and solved again only when asked for.
    again = paretocli(*sweep, *weights, "--out", "run", cwd=tmp_path)
    assert again.returncode == 1
    assert "point 1" not in again.stderr.replace("points", "")
    retried = paretocli(*sweep, *weights, "--out", "run", "--retry-failed", cwd=tmp_path)
    assert retried.returncode == 1
    assert "point 1 (0.98, 0.02): failed" in retried.stderr


def test_a_shard_that_raises_holds_back_no_other(tmp_path):
    """With one worker as with two; and another run tries it again."""
    (tmp_path / "mine.py").write_text(RAISING)
    weights = [part for w in ("0.99,0.01", "0.5,0.5", "0.1,0.9") for part in ("--weights", w)]
    sweep = ("sweep", "mine.py:make", *weights, *("--solver", "linear", "--stack", "1"))
    ends = set()
    for jobs in (1, 2):
        done = paretocli(*sweep, "--jobs", jobs, "--out", f"run{jobs}", cwd=tmp_path)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        ends.add(done.stderr.splitlines()[-1])
        table = pd.read_csv(tmp_path / f"run{jobs}" / "results.csv")
        assert list(table["point"]) == [1, 2]
        assert list(table["status"]) == ["done", "done"]
    assert ends == {
        "Error: 1 of 3 shards failed (0000-0000: ValueError: this far and no further); what was "
        "finished is kept, and the same command tries the rest again. Set PARETOCLI_DEBUG=1 to "
        "see where it happened."
    }
    again = paretocli(*sweep, "--out", "run1", cwd=tmp_path, PARETOCLI_DEBUG="1")
    assert again.returncode == 1
    assert "1 of 1 shards failed" in again.stderr
    assert 'raise ValueError("this far and no further")' in again.stderr
    train = ("train", "mine.py:make", *weights[:2], "--solver", "linear", "--out", "one")
    alone = paretocli(*train, cwd=tmp_path)
    assert alone.returncode == 1
    assert "1 of 1 shards failed (0000-0000: ValueError: this far" in alone.stderr

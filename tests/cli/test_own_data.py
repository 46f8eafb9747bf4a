"""Data sets of people's own that cannot be read, as the program tells of them."""

from tests.program import paretocli

PROBLEM = """
import torch
from torch import nn
from torch.nn.functional import mse_loss

from paretocli import Defaults, LazySamples, Problem, Task

BAD = {bad}


class Numbers(torch.utils.data.Dataset):
    def __init__(self, count):
        self.count = count

    def __len__(self):
        return self.count

    def __getitem__(self, number):
        if number == BAD and self.count == {count}:
            raise OSError('a torn file')
        return torch.full((3,), number / self.count), torch.ones(1), torch.zeros(1)


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(3, 2)

    def forward(self, inputs):
        return self.body(inputs).split(1, dim=1)


def make():
    return Problem(
        name="numbers",
        tasks=[Task("one", mse_loss), Task("two", mse_loss)],
        train=LazySamples(Numbers(2000)),
        val=LazySamples(Numbers(20)),
        test=LazySamples(Numbers(10)),
        networks={{"own": Network}},
        defaults=Defaults(points=2, epochs=1, batch_size=100),
    )
"""
SWEEP = ("--no-sparsity", "--out", "run", "--quiet", "--optimizer", "sgd")


def written(folder, bad=1500, count=2000):
    (folder / "own.py").write_text(PROBLEM.format(bad=bad, count=count))


def test_a_sample_that_is_looked_at_before_the_sweep(tmp_path):
    written(tmp_path, bad=0, count=20)
    for command in (["sweep", "own.py:make", *SWEEP], ["check", "own.py:make"]):
        found = paretocli(*command, cwd=tmp_path)
        assert found.returncode == 2, found.stderr
        assert "Sample 0 of the data set Numbers cannot be read: OSError: a torn file" in " ".join(
            found.stderr.split()
        )
    assert not (tmp_path / "run").exists()


def test_a_sample_that_is_come_upon_in_training(tmp_path):
    written(tmp_path)
    found = paretocli("sweep", "own.py:make", *SWEEP, "--scale", "none", cwd=tmp_path)
    reason = "Sample 1500 of the data set Numbers cannot be read: OSError: a torn file"
    assert found.returncode == 1, found.stderr
    assert reason in " ".join(found.stderr.split())
    assert "what was finished is kept, and the same command tries the rest again" in found.stderr
    assert "Traceback" not in found.stderr
    assert not list((tmp_path / "run" / "points").iterdir())

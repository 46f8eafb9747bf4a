"""Compiled training steps give the numbers of the others."""

import shutil

import pytest
import torch
from torch._dynamo.utils import counters

from paretocli.sweeping.normalisation import from_initial
from paretocli.sweeping.resolve import resolve
from paretocli.sweeping.subproblems import Subproblems
from paretocli.sweeping.trainers import trainer_of

pytestmark = [
    pytest.mark.skipif(shutil.which("g++") is None, reason="no C++ compiler here"),
]


@pytest.mark.parametrize(
    "options",
    [{"stack": 3}, {"stack": 1, "weights": ["0.3,0.7"]}, {"batches": "independent"}],
    ids=["stacked", "alone", "batches of their own"],
)
def test_an_epoch(options):
    trainers = [trainer(compile=compiled, **options) for compiled in (False, True)]
    counters.clear()
    reports = [one.run_epoch() for one in trainers]
    assert counters["stats"]["unique_graphs"] == 1  # the whole step, and not the evaluation
    assert not counters["graph_break"]
    for name, tensor in trainers[0].population.parameters.items():
        compiled = trainers[1].population.parameters[name]
        torch.testing.assert_close(
            compiled, tensor, rtol=1e-3, atol=1e-3 * float(tensor.detach().abs().max())
        )
    for split in ("train", "val"):
        for theirs, ours in zip(*(report.figures[split] for report in reports), strict=True):
            torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-3)


def trainer(**options):
    found = resolve(
        {
            "problem": "multidigits",
            "network": "hps",
            "sparsity": False,
            "points": 3,
            "train_samples": 512,
            "threads": 1,
        }
        | options
    )
    subproblems = Subproblems(
        found.config, found.problem, from_initial(found.config, found.problem)
    )
    return trainer_of(subproblems, range(len(found.config.weights)))

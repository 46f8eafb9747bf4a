"""Losses that follow from means over samples."""

import pytest
import torch

from paretocli.core.loss_of_means import LossOfMeans
from paretocli.core.placing import placed
from paretocli.core.task import Task
from paretocli.errors import InputError
from paretocli.probing.sums import refuse_sums


def moments(output, target):
    return torch.stack([output.mean(), output.square().mean()])


def spread(means):
    return (means[..., 1] - means[..., 0].square()).sqrt()


SPREAD = LossOfMeans(moments, spread, size=2)


def test_slopes_are_those_of_each_network():
    means = torch.tensor([[1.0, 5.0], [0.5, 1.25]])
    expected = [[-0.5, 0.25], [-0.5, 0.5]]  # of √(b − a²)
    assert SPREAD.slopes(means).tolist() == expected


@pytest.mark.parametrize("given", [{"missing": -1}, {"weight": lambda target: target}])
def test_signs_and_weights_are_for_means(given):
    with pytest.raises(InputError, match=f"has {next(iter(given))}=… with a LossOfMeans"):
        Task("spread", SPREAD, **given)


def test_statistics_that_are_sums_are_refused():
    summed = LossOfMeans(lambda output, target: moments(output, target) * len(output), spread, 2)
    output, target = torch.randn(8), torch.zeros(8)
    refuse_sums(Task("spread", SPREAD), output, target)
    with pytest.raises(InputError, match="follows from are sums over the batch"):
        refuse_sums(Task("spread", summed), output, target)


def test_what_it_holds_goes_to_the_device():
    class Weighed(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("weights", torch.ones(2))

        def forward(self, means):
            return means @ self.weights

    task = placed(Task("spread", LossOfMeans(moments, Weighed(), 2)), torch.device("meta"))
    assert task.loss.figure.weights.device.type == "meta"

"""Adapters become part of the matrices and convolutions beside them."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - the name that everybody uses

from paretocli.compaction.shipping import compact_network, size_of
from paretocli.compaction.trace import trace
from tests.lora import RANK, SHIPPED, Adapted, Lora


class Whole(nn.Module):
    """A part whose outputs are a tuple, as those of networks are."""

    def __init__(self, part):
        super().__init__()
        self.part = part

    def forward(self, inputs):
        return (self.part(inputs),)


def shipped(network, inputs):
    """Parameters of what is shipped, which gives the same outputs."""
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if parameter.dim() == 1 or "outer" in name:
                parameter.normal_()  # those of new adapters are 0
    network.eval()
    small = compact_network(trace(network, {"inputs": inputs}, "one"))
    for one, other in zip(network(inputs), small(inputs), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)
    return size_of(small, (inputs[:1],)).parameters


WORDS, IMAGES = torch.randn(4, 5, 8), torch.randn(4, 6, 9, 9)


class Twice(nn.Module):
    """Two adapters beside one layer."""

    def __init__(self):
        super().__init__()
        self.both = Lora(nn.Linear(8, 8), scale=1.0)
        self.inner, self.outer = nn.Linear(8, 2, bias=False), nn.Linear(2, 8)

    def forward(self, inputs):
        return self.outer(self.inner(inputs)) * 0.5 + self.both(inputs)


@pytest.mark.parametrize(
    ("part", "inputs", "parameters"),
    [
        (lambda: Lora(nn.Linear(8, 7)), WORDS, 8 * 7 + 7),
        (lambda: Lora(nn.Linear(8, 7, bias=False)), WORDS, 8 * 7),
        (lambda: Lora(nn.Linear(8, 7, bias=False), bias=True), WORDS, 8 * 7 + 7),
        (lambda: Lora(nn.Linear(8, 7), bias=True, scale=1), WORDS, 8 * 7 + 7),
        (Twice, WORDS, 8 * 8 + 8),
        (lambda: Lora(nn.Conv2d(6, 4, 3, stride=2, padding=1)), IMAGES, 6 * 4 * 9 + 4),
        (lambda: Lora(nn.Conv2d(6, 4, (1, 3), dilation=2), bias=True), IMAGES, 6 * 4 * 3 + 4),
        (
            lambda: nn.Sequential(Lora(nn.Conv2d(6, 4, 3, bias=False)), nn.BatchNorm2d(4)),
            IMAGES,
            6 * 4 * 9 + 4,
        ),
    ],
)
def test_a_sum_becomes_one_matrix(part, inputs, parameters):
    assert shipped(Whole(part()), inputs) == parameters


def test_all_of_a_network():
    assert shipped(Adapted(), torch.randn(4, 6)) == SHIPPED


class Shortcut(nn.Module):
    """Something that is added to a matrix's result, and is no adapter."""

    def __init__(self, kind):
        super().__init__()
        self.base, self.kind = nn.Linear(8, 8), kind
        self.inner, self.outer = nn.Linear(8, RANK, bias=False), nn.Linear(RANK, 8)

    def forward(self, inputs):
        base = self.base(inputs)
        if self.kind == "of other inputs":
            return base + self.outer(self.inner(inputs.flip(-1)))
        if self.kind == "bent":
            return base + self.outer(F.relu(self.inner(inputs)))
        if self.kind == "read elsewhere":
            inner = self.inner(inputs)
            return base + self.outer(inner) * inner.mean(dim=-1, keepdim=True)
        if self.kind == "base read elsewhere":
            return F.relu(base) * (base + self.outer(self.inner(inputs)))
        if self.kind == "weighed by the inputs":
            return base + self.outer(self.inner(inputs)) * inputs.mean(dim=-1, keepdim=True)
        return torch.add(base, self.outer(self.inner(inputs)), alpha=3)


@pytest.mark.parametrize(
    "kind",
    [
        *("of other inputs", "bent", "read elsewhere", "base read elsewhere"),
        *("weighed by the inputs", "added three times"),
    ],
)
def test_what_is_no_adapter_stays(kind):
    assert shipped(Whole(Shortcut(kind)), WORDS) == 8 * 8 + 8 + 2 * 8 * RANK + 8


def test_an_adapter_with_a_larger_kernel_behind_stays():
    part = Lora(nn.Conv2d(6, 4, 3, padding=1))
    part.outer = nn.Conv2d(RANK, 4, 3, padding=1, bias=False)
    assert shipped(Whole(part), IMAGES) == 6 * 4 * 9 + 4 + 6 * RANK * 9 + RANK * 4 * 9

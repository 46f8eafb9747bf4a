"""Embeddings of categories before a network for vectors."""

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn

from paretocli.core.problem import NetworkFactory
from paretocli.networks.registry import NETWORKS

LARGEST_WIDTH = 50


class Embedded(nn.Module):
    """A network whose inputs are numbers and embeddings of categories.

    Guo and Berkhahn, *Entity Embeddings of Categorical Variables*, arXiv 1604.06737.

    Args:
        categories: How many each column has, which are numbered from 1 on; 0 is none of them.
        numbers: D, of a sample; the categories come after them.
        body: The network for vectors of D numbers and all embeddings.
    """

    def __init__(self, categories: Sequence[int], numbers: int, body: nn.Module) -> None:
        super().__init__()
        self.numbers = numbers
        # What is none of the categories stays 0: training knows nothing of it.
        self.embeddings = nn.ModuleList(
            nn.Embedding(count + 1, width_of(count), padding_idx=0) for count in categories
        )
        self.body = body

    def forward(self, inputs: Tensor) -> list[Tensor]:
        """One output (B, …) a task from inputs (B, D + categories); NaN is no category."""
        codes = torch.nan_to_num(inputs[:, self.numbers :]).long()
        parts = [embed(codes[:, place]) for place, embed in enumerate(self.embeddings)]
        found: list[Tensor] = self.body(torch.cat([inputs[:, : self.numbers], *parts], dim=1))
        return found


def width_of(categories: int) -> int:
    """How many numbers stand for a category, of so many: 1.6 · categories^0.56, at most 50."""
    return int(min(LARGEST_WIDTH, max(1, round(1.6 * categories**0.56))))


def embedded_networks(
    categories: Sequence[int], numbers: int, outputs: Sequence[int]
) -> dict[str, NetworkFactory]:
    """The networks for vectors by name, with embeddings before them; as `Embedded`."""
    return {name: partial(_made, name, categories, numbers, outputs) for name in NETWORKS}


def _made(name: str, categories: Sequence[int], numbers: int, outputs: Sequence[int]) -> nn.Module:
    width = numbers + sum(map(width_of, categories))
    return Embedded(categories, numbers, NETWORKS[name].make((width,), outputs))

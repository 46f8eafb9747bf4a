"""How well f_0 ranks networks by the size of their compact form, for each kind of shares.

    python -m tests.studies.size_ranking

Zero rows are drawn at random, with all other rows equally long, so that f_0 is a function of their
numbers alone and no training has a part in it. Needs MNIST in PARETOCLI_DATA for two of the four
networks, and takes some minutes.
"""

import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from scipy.stats import spearmanr
from torch import nn

from paretocli.compaction.shipping import compact_network, size_of
from paretocli.core.as_used import raw_inputs
from paretocli.core.problem import Problem
from paretocli.networks.building import build_network
from paretocli.problems.loading import load_problem
from paretocli.sparsity.layers import counted_layers
from paretocli.sweeping.sizes import TracedNetwork, traced_as_used
from paretocli.sweeping.sparsity_shares import SPARSITY_OF, sparsity_shares
from paretocli.sweeping.sweep_network import network_layers

PATTERNS = 40


class Perceptron(nn.Module):
    """Fully connected layers of the given widths, and two heads."""

    def __init__(self, *widths: int) -> None:
        super().__init__()
        layers = [layer for a, b in pairwise(widths) for layer in (nn.Linear(a, b), nn.ReLU())]
        self.body = nn.Sequential(nn.Flatten(), *layers)
        self.heads = nn.ModuleList(nn.Linear(widths[-1], 10) for _ in range(2))

    def forward(self, inputs):
        features = self.body(inputs)
        return [head(features) for head in self.heads]


def networks(data: Path) -> Iterator[tuple[str, Problem, nn.Module]]:
    digits = load_problem("multidigits", data)
    size = digits.train.rows(slice(1)).inputs.numel()
    yield "fully connected, 256, 16 and 64", digits, Perceptron(size, 256, 16, 64)
    yield "fully connected, 64, 64 and 64", digits, Perceptron(size, 64, 64, 64)
    if (data / "MNIST").is_dir():
        images = load_problem("multimnist", data)
        for name in ("hps", "mdmtn"):
            yield f"multimnist, {name}", images, build_network(name, images, 0)


@torch.no_grad()
def ranking(problem: Problem, network: nn.Module) -> dict[str, tuple[float, float]]:
    """Spearman's ρ of f_0 with compact parameters and multiply-accumulates, by kind of shares."""
    layers = counted_layers(network_layers(network, problem))
    shares = {
        of: sparsity_shares(of, layers, TracedNetwork(network, problem))[0] for of in SPARSITY_OF
    }
    tracing = traced_as_used(network, problem)
    sample = tuple(raw_inputs(problem, 1).values())
    parameters, generator = dict(network.named_parameters()), np.random.default_rng(0)
    start = {layer.name: parameters[layer.name].clone() for layer in layers}
    sizes, roots = [], []
    for _ in range(PATTERNS):
        root = []
        for layer in layers:
            left = max(1, round(layer.rows * generator.uniform(0.05, 1)))
            parameters[layer.name].copy_(start[layer.name])
            parameters[layer.name][:, generator.permutation(layer.rows)[left:]] = 0
            root.append((left / layer.rows) ** 0.5)
        size = size_of(compact_network(tracing), sample)
        sizes.append((size.parameters, size.macs))
        roots.append(root)
    columns = np.array(sizes).T
    values = {of: np.array(roots) @ np.array(shares[of]) for of in SPARSITY_OF}
    return {
        of: tuple(float(spearmanr(value, column)[0]) for column in columns)
        for of, value in values.items()
    }


def main() -> None:
    for name, problem, network in networks(Path(os.environ.get("PARETOCLI_DATA", "."))):
        for of, (parameters, macs) in ranking(problem, network).items():
            print(f"{name:34} {of:12} parameters {parameters:.3f}  macs {macs:.3f}", flush=True)


if __name__ == "__main__":
    main()

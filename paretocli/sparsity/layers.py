"""The layers of a network: which there are, which ones sparsity counts, and their rows.

A row is what belongs to one input neuron or channel: column r of a matrix (out, in), the slice
`weight[:, r]` of a convolution's kernel (out, in, …).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any, Literal

import torch
from torch import Tensor, nn

from paretocli.core.inputs import Inputs, sample_count
from paretocli.errors import InputError
from paretocli.sparsity.adapters import adapters
from paretocli.sparsity.applications import (
    Application,
    applications,
    before,
    places_of,
    used,
)
from paretocli.sparsity.owners import Owners, owners

Role = Literal["input", "hidden", "head", "adapter"]


@dataclass(frozen=True)
class Layer:
    """The weight of a matrix or convolution.

    Attributes:
        name: Name of the parameter, as in `network.named_parameters()`.
        shape: (out, in, …).
        role: `input` where no other layer comes before it, else `head` where an output of the
            network comes straight from it, else `hidden`; `adapter` for the two matrices beside a
            frozen one, which become part of that when it is exported.
        positions: How often it is applied to one sample: 1, or the pixels of a convolution's
            output, or the words that attention reads. No whole number where queries, keys and
            values of one weight are of different lengths, or samples are.
        trained: Whether it is, and not frozen.
    """

    name: str
    shape: tuple[int, ...]
    role: Role
    positions: float
    trained: bool = True

    @property
    def rows(self) -> int:
        """Number of rows R: input neurons or channels."""
        return self.shape[1]

    @property
    def row_size(self) -> int:
        """Entries of a row."""
        size = self.shape[0]
        for side in self.shape[2:]:
            size *= side
        return size

    @property
    def parameters(self) -> int:
        """Entries of the weight."""
        return self.rows * self.row_size


def rows_first(weights: Tensor) -> Tensor:
    """A view (K, in, out, …) of stacked weights (K, out, in, …), whose rows are `[:, r]`."""
    return weights.transpose(1, 2)


def row_norms(weights: Tensor) -> Tensor:
    """Euclidean norms (K, R) of the rows of stacked weights (K, out, R, …)."""
    others = [axis for axis in range(1, weights.dim()) if axis != 2]
    norms: Tensor = torch.linalg.vector_norm(weights, dim=others)
    return norms


def over_rows(values: Tensor, weights: Tensor) -> Tensor:
    """Numbers a row (K, R), shaped to multiply stacked weights (K, out, R, …)."""
    size, rows = values.shape
    return values.reshape([size, 1, rows, *[1] * (weights.dim() - 3)])


def per_member(values: Tensor, like: Tensor) -> Tensor:
    """Numbers (K,), shaped to multiply (K, …)."""
    return values.reshape([len(values), *[1] * (like.dim() - 1)])


def find_layers(
    network: nn.Module, inputs: Inputs, tasks: Sequence[str] | None = None
) -> tuple[Layer, ...]:
    """All matrices and convolutions that the outputs depend on, in the order of the forward pass.

    What comes before and after a layer is read from the graph that the forward pass leaves for
    the backward one. The projections of attention are among them, and the matrices by which
    recurrent layers read their inputs. A weight that is computed, as by weight norm, is found by
    the parameter whose zero rows are its own. Embeddings and recurrent layers come before and after
    others, but have no rows otherwise.

    Args:
        network: As for `applications`.
        inputs: A small prepared batch, one tensor or several.
        tasks: As for `applications`.
    """
    found, outputs = applications(network, inputs, tasks)
    return layers_of(network, inputs, found, outputs, owners(network, inputs, found)[0])


def layers_of(
    network: nn.Module,
    inputs: Inputs,
    found: Sequence[Application],
    outputs: Sequence[Any],
    owned: Owners,
) -> tuple[Layer, ...]:
    """The layers, from what `applications` and `owners` give."""
    nodes = {one.node: one for one in found}
    heads = {owned.get(nodes[node]) for output in outputs for node in before(output, nodes)}
    needed = used(found, outputs)
    count = sample_count(inputs)
    beside = adapters(network, found, outputs, owned)
    layers = []
    for name, weight in network.named_parameters():
        own = [one for one in needed if owned.get(one) == name]
        if not own or not all(one.has_rows for one in own):
            continue
        fed = any(before(source, nodes) for one in own for source in one.features)
        positions = sum(places_of(one, weight, count) for one in own)
        layer = Layer(
            name=name,
            shape=tuple(weight.shape),
            role=_role(fed=fed, last=name in heads, beside=name in beside),
            positions=int(positions) if float(positions).is_integer() else positions,
            trained=weight.requires_grad,
        )
        layers.append((min(found.index(one) for one in own), layer))
    return tuple(layer for _, layer in sorted(layers, key=lambda pair: pair[0]))


def _role(*, fed: bool, last: bool, beside: bool) -> Role:
    if beside:
        return "adapter"
    if not fed:
        return "input"
    return "head" if last else "hidden"


def counted_layers(
    layers: Sequence[Layer], patterns: Sequence[str] = (), *, inputs: bool = False
) -> tuple[Layer, ...]:
    """The layers whose rows are to become zero.

    Args:
        layers: All layers.
        patterns: Names of layers, `*` and `?` standing for any characters; `.weight` at the end
            may be left out. Without any, all but input layers, task heads and adapters. Frozen
            layers never count.
        inputs: Whether input layers count beside those.

    Raises:
        InputError: A pattern matches no layer.
    """
    layers = [layer for layer in layers if layer.trained]
    roles = ("input", "hidden") if inputs else ("hidden",)
    if not patterns:
        return tuple(layer for layer in layers if layer.role in roles)
    for pattern in patterns:
        if not any(_matches(layer, pattern) for layer in layers):
            known = ", ".join(layer.name.removesuffix(".weight") for layer in layers) or "none"
            raise InputError(
                f"--sparse-layers {pattern} matches no layer; the network's matrices and "
                f"convolutions are {known}."
            )
    return tuple(
        layer
        for layer in layers
        if any(_matches(layer, p) for p in patterns) or (inputs and layer.role == "input")
    )


def _matches(layer: Layer, pattern: str) -> bool:
    return fnmatch(layer.name, pattern) or fnmatch(layer.name.removesuffix(".weight"), pattern)

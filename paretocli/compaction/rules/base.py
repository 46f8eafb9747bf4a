"""What there is to know of an operation."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, Protocol

import torch
from torch import Tensor, fx

from paretocli.compaction.layout import Layout
from paretocli.compaction.trace import sample_shape

Known = dict[fx.Node, Tensor]
Wanted = Iterable[tuple[fx.Node, Tensor]]
Built = tuple[fx.Node, Layout | None]


class Builder(Protocol):
    """The smaller graph that is being made.

    Attributes:
        known: For each value (B, …) of the old graph its constant numbers (1, …), NaN elsewhere;
            for each tensor of the network itself.
        needed: For each value which numbers of a sample are needed (…).
    """

    known: Known
    needed: dict[fx.Node, Tensor]

    def built(self, node: fx.Node) -> Built:
        """The new node for an old one, and which part of its value is there."""

    def take(self, node: fx.Node, layout: Layout | None) -> fx.Node:
        """A new node in which just a part of an old one's value is there, None for all."""

    def tensor(self, name: str, tensor: Tensor) -> fx.Node:
        """A node that gives a tensor."""

    def call(self, target: Any, *arguments: Any, **options: Any) -> fx.Node:
        """A new operation."""


class Rule(ABC):
    """A kind of operation."""

    @abstractmethod
    def known(self, node: fx.Node, known: Known) -> Tensor | None:
        """Its constant numbers (1, …), NaN where an input matters; None where nothing is known."""

    @abstractmethod
    def wanted(self, node: fx.Node, mask: Tensor, known: Known) -> Wanted:
        """What is needed of what it reads, where `mask` (…) is needed of its result."""

    @abstractmethod
    def rebuilt(self, node: fx.Node, builder: Builder) -> Built:
        """The operation in the smaller graph.

        Raises:
            IrregularError: What it reads does not fit any more: it has to be left as it is.
        """


def everything(node: fx.Node) -> Tensor:
    """That all of a value is needed."""
    return torch.ones(sample_shape(node) or (), dtype=torch.bool)


def source_of(node: fx.Node) -> fx.Node:
    """The value that an operation works on."""
    source = node.args[0]
    assert isinstance(source, fx.Node)
    return source


def applied(node: fx.Node, *arguments: Any, **options: Any) -> Tensor:
    """What an operation of the graph makes of tensors."""
    function: Any = node.target  # a name in other kinds of nodes
    result: Tensor = function(*arguments, **options)
    return result


def shape_of(node: fx.Node) -> tuple[int, ...]:
    """The shape of one sample of a value that is a batch of samples."""
    shape = sample_shape(node)
    assert shape is not None
    return shape

"""Blocks: the matrices whose rows are groups of rows of several layers, side by side."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor

from paretocli.sparsity.grouping import NONE, Grouping, slots_in
from paretocli.sparsity.layers import Layer, rows_first

Tensors = Mapping[str, Tensor]
Number = TypeVar("Number", int, float)


@dataclass(frozen=True, eq=False)
class Member:
    """The part that a layer has in a block.

    Attributes:
        layer: The layer.
        places: Its rows (n, R), n of them in each of the block's R rows.
    """

    layer: Layer
    places: Tensor


@dataclass(frozen=True, eq=False)
class Block:
    """A matrix whose rows become zero as a whole.

    Attributes:
        name: That of the layer whose rows it has, or made of those of several.
        members: The layers that have a part in it.
        whole: Whether it is one layer as it is.
    """

    name: str
    members: tuple[Member, ...]
    whole: bool = False

    @property
    def rows(self) -> int:
        """Number of its rows R."""
        return self.members[0].places.shape[1]

    @property
    def row_size(self) -> int:
        """Entries of a row."""
        return sum(len(member.places) * member.layer.row_size for member in self.members)

    @property
    def parameters(self) -> int:
        """Its entries."""
        return self.rows * self.row_size

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers that have a part in it."""
        return tuple(member.layer.name for member in self.members)

    def joined(self, tensors: Tensors) -> Tensor:
        """The rows (K, D, R) of stacked layers (K, out, in, …), side by side.

        A copy, but for a layer as it is: that is its own tensor.
        """
        if self.whole:
            return tensors[self.name]
        parts = []
        for member in self.members:
            rows = rows_first(tensors[member.layer.name])
            found = rows.index_select(1, member.places.flatten())
            spread = found.reshape(len(found), *member.places.shape, -1)  # (K, n, R, …)
            parts.append(spread.movedim(2, 3).flatten(1, 2))
        return torch.cat(parts, dim=1)

    @torch.no_grad()
    def put_(self, joined: Tensor, tensors: Tensors) -> None:
        """Write rows (K, D, R) where they belong in stacked layers (K, out, in, …)."""
        if self.whole:
            if joined is not tensors[self.name]:
                tensors[self.name].copy_(joined)
            return
        sizes = [len(member.places) * member.layer.row_size for member in self.members]
        for member, part in zip(self.members, torch.split(joined, sizes, dim=1), strict=True):
            rows = rows_first(tensors[member.layer.name])
            spread = part.reshape(len(part), len(member.places), *rows.shape[2:], self.rows)
            rows.index_copy_(1, member.places.flatten(), spread.movedim(-1, 2).flatten(1, 2))


class Blocks:
    """The blocks of a network's layers: each row that counts is in one of them.

    Args:
        layers: The counted layers, at least one.
        grouping: Rows that become zero together; the others are alone.
        device: Where the parameters live.

    Raises:
        InputError: The grouping is none of these layers.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        grouping: Grouping = NONE,
        device: torch.device | None = None,
    ) -> None:
        self.layers = tuple(layers)
        named = {layer.name: layer for layer in layers}
        rows = {layer.name: layer.rows for layer in layers}
        left = {name: set(range(count)) for name, count in rows.items()}
        found = []
        for slots in slots_in(grouping, rows):
            by_layer: dict[str, list[list[int]]] = {}
            for name, numbers in slots:
                by_layer.setdefault(name, []).append(numbers)
                left[name] -= {*numbers}
            members = (
                Member(named[name], torch.tensor(places, device=device))
                for name, places in by_layer.items()
            )
            # A layer's own name is that of the layer as it is.
            called = " + ".join(by_layer) if len(by_layer) > 1 else f"{name} (rows together)"
            found.append(Block(called, tuple(members)))
        for name, alone in left.items():
            if alone:
                places = torch.tensor([sorted(alone)], device=device)
                whole = len(alone) == rows[name]
                called = name if whole else f"{name} (its other rows)"
                found.append(Block(called, (Member(named[name], places),), whole))
        order = {name: place for place, name in enumerate(rows)}
        found.sort(key=lambda block: min(order[name] for name in block.layers))
        self.each = tuple(_with_names_of_their_own(found))

    def joined(self, tensors: Tensors) -> dict[str, Tensor]:
        """The blocks (K, D, R) of stacked layers (K, out, in, …); layers as they are stay so."""
        return {block.name: block.joined(tensors) for block in self.each}

    @torch.no_grad()
    def put_(self, joined: Tensors, tensors: Tensors) -> None:
        """Write the blocks (K, D, R) where they belong in stacked layers (K, out, in, …)."""
        for block in self.each:
            block.put_(joined[block.name], tensors)

    @torch.no_grad()
    def apart(self, joined: Tensors, like: Tensors) -> dict[str, Tensor]:
        """The layers (K, out, in, …) from their blocks; those as they are stay so.

        Args:
            joined: The blocks (K, D, R) by name.
            like: Stacked layers, for their forms.
        """
        whole = {block.name for block in self.each if block.whole}
        found = {
            layer.name: joined[layer.name]
            if layer.name in whole
            else torch.empty_like(like[layer.name])
            for layer in self.layers
        }
        self.put_(joined, found)
        return found

    def slowest(self, factors: Mapping[str, float]) -> dict[str, float]:
        """The factors of learning rates by layer, made the smallest of each block.

        Args:
            factors: By layer, 1 for those left out.
        """
        found = {layer.name: factors.get(layer.name, 1.0) for layer in self.layers}
        return self._alike(found, min)

    def latest(self, epochs: Mapping[str, int]) -> dict[str, int]:
        """Epochs in which layers are frozen, made the most of each block.

        Args:
            epochs: By layer, 0 for those left out.
        """
        return self._alike({layer.name: epochs.get(layer.name, 0) for layer in self.layers}, max)

    def _alike(
        self, found: dict[str, Number], one_of: Callable[[Iterable[Number]], Number]
    ) -> dict[str, Number]:
        for _ in self.each:  # a layer in several blocks makes their numbers alike too
            for block in self.each:
                found |= dict.fromkeys(block.layers, one_of(found[n] for n in block.layers))
        return found

    def representatives_apart(self, joined: Tensors) -> dict[str, Tensor]:
        """For each layer's row the one that stands for it, from those of blocks (K, R).

        Both as `paretocli.sparsity.pattern.Pattern` has them: zero rows hold −1.
        """
        found = {}
        for block in self.each:
            of_block = joined[block.name]
            for member in block.members:
                name, places = member.layer.name, member.places
                if block.whole:
                    found[name] = of_block
                    continue
                if name not in found:
                    found[name] = of_block.new_empty(len(of_block), member.layer.rows)
                theirs = places[:, of_block.clamp(min=0)].movedim(0, 1)  # (K, n, R)
                theirs = torch.where(of_block.unsqueeze(1) < 0, -1, theirs)
                found[name][:, places.flatten()] = theirs.flatten(1)
        return {layer.name: found[layer.name] for layer in self.layers}

    def representatives_joined(self, apart: Tensors) -> dict[str, Tensor]:
        """The other way round, for rows that are zero and tied with their groups."""
        found = {}
        for block in self.each:
            member = block.members[0]
            of_layer = apart[member.layer.name]
            if block.whole:
                found[block.name] = of_layer
                continue
            first = member.places[0]
            own = torch.full((member.layer.rows,), -1, device=first.device)
            own[first] = torch.arange(block.rows, device=first.device)
            theirs = of_layer[:, first]
            found[block.name] = torch.where(theirs < 0, -1, own[theirs.clamp(min=0)])
        return found


def _with_names_of_their_own(blocks: Iterable[Block]) -> list[Block]:
    """Blocks of the same layers get numbers."""
    found: dict[str, Block] = {}
    for block in blocks:
        name, number = block.name, 1
        while name in found:
            number += 1
            name = f"{block.name} ({number})"
        found[name] = Block(name, block.members, block.whole)
    return list(found.values())

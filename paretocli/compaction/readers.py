"""Which rows of which layers read the same channel, so that it leaves only with all of them.

A channel that a matrix or convolution makes leaves the small network where nobody needs it: not the
layers that read it, nor those behind sums, concatenations and whatever else works on each number by
itself. So their rows for it belong together, as do those for one head of attention. A channel that
something else needs too, as an output or an operation that is left as it is, never leaves, whatever
its readers do: it joins no rows.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, fx

from paretocli.compaction.compact import narrowed
from paretocli.compaction.label_sets import ANY, NONE, LabelSets
from paretocli.compaction.rules.attention import Attention
from paretocli.compaction.rules.base import Rule, shape_of
from paretocli.compaction.rules.groups import Grouped
from paretocli.compaction.rules.matrices import Matrix, channel_axis, groups_of, matrix_tensors
from paretocli.compaction.rules.registry import rule_of
from paretocli.compaction.rules.whole import Whole
from paretocli.compaction.trace import Tracing, made_of, sample_shape

Row = tuple[str, int]


@dataclass(frozen=True)
class Readers:
    """Rows that have to be zero together for a channel, or a head of attention, to leave.

    Attributes:
        groups: Rows, as names of parameters with numbers, of two and more that belong together; in
            the order of the parameters and of their rows. No row is in two of them.
        of_heads: Those that read the heads of some attention.
    """

    groups: list[tuple[Row, ...]]
    of_heads: frozenset[Row]


@dataclass(frozen=True)
class Made:
    """What an operation makes, as parts that can leave alone: channels, or heads of attention.

    Attributes:
        node: The operation.
        readers: For each part the labels of the rows that read it, numbers from 0 in the order of
            the parameters and of their rows; none where nothing needs it. None where something
            else does, so that it never leaves.
        by_attention: Whether these are heads.
    """

    node: fx.Node
    readers: tuple[frozenset[int] | None, ...]
    by_attention: bool


Needs = dict[fx.Node, Tensor]


def read_together(tracing: Tracing, weights: Mapping[str, Tensor]) -> Readers:
    """The rows that have to be zero together for a channel to leave.

    Args:
        tracing: The network's operations.
        weights: The parameters (out, R, …) whose rows may become zero, by name: those that the
            traced network holds.
    """
    rows = [(name, row) for name, weight in weights.items() for row in range(weight.shape[1])]
    joined, of_heads = Joined(len(rows)), set[int]()
    for made in what_is_made(tracing, weights):
        for readers in filter(None, made.readers):
            joined.join(readers)
            of_heads |= readers if made.by_attention else set()
    return Readers(
        [tuple(rows[place] for place in group) for group in joined.groups() if len(group) > 1],
        frozenset(rows[place] for place in of_heads),
    )


def what_is_made(tracing: Tracing, weights: Mapping[str, Tensor]) -> Iterator[Made]:
    """What each matrix, convolution and attention makes, the last one first.

    Args:
        tracing: The network's operations.
        weights: The parameters whose rows may become zero, as for `read_together`.
    """
    labels: dict[int, range] = {}  # by the identity of parameters
    for weight in weights.values():
        start = sum(map(len, labels.values()))
        labels[id(weight)] = range(start, start + weight.shape[1])
    traced = tracing.network.named_parameters(remove_duplicate=False)
    own = {name: labels[id(tensor)] for name, tensor in traced if id(tensor) in labels}
    return _made_in(tracing.uncompiled(), own)


def _made_in(module: fx.GraphModule, own: Mapping[str, range]) -> Iterator[Made]:
    """The same.

    Args:
        module: The graph.
        own: The labels of the rows of each parameter whose rows count, by its name there.
    """
    sets = LabelSets()
    needs: Needs = {}

    def need(source: fx.Node, numbers: Tensor) -> None:
        needs[source] = sets.union(needs.get(source, torch.tensor(NONE)), numbers)

    for node in reversed(module.graph.nodes):
        rule, numbers = rule_of(node), needs.get(node)
        if node.op == "output":
            numbers = torch.tensor(ANY)
        if numbers is None:  # such as what gives several values, of which each is taken by itself
            continue
        if isinstance(rule, Matrix | Attention):
            parts = tuple(
                None if labels == ANY else sets.members(labels)
                for labels in _parts(node, rule, numbers, sets)
            )
            yield Made(node, parts, by_attention=isinstance(rule, Attention))
        rows = _rows(node, own) if type(rule) is Matrix else None
        if rows is not None:
            source, axis = matrix_tensors(node)[0], channel_axis(node)
            shape, lines = shape_of(source), torch.tensor([sets.of([row]) for row in rows])
            need(source, lines.reshape([*[1] * axis, -1, *[1] * (len(shape) - axis - 1)]))
        elif isinstance(rule, Whole) or (isinstance(rule, Matrix) and type(rule) is not Grouped):
            for source in node.all_input_nodes:
                need(source, torch.tensor(ANY))
        else:
            for source, passed in _passed(node, rule, numbers, sets):
                need(source, passed)


def _rows(node: fx.Node, own: Mapping[str, range]) -> range | None:
    """The labels of the rows of what a matrix applies, None where they do not count."""
    source, weight, _ = matrix_tensors(node)
    found = {own[name] for name in made_of(weight) if name in own}
    fitting = [rows for rows in found if len(rows) == shape_of(source)[channel_axis(node)]]
    return fitting[0] if len(found) == len(fitting) == 1 else None


def _parts(node: fx.Node, rule: Rule, numbers: Tensor, sets: LabelSets) -> Iterator[int]:
    """For each part of what is made that can leave alone the set of who needs it."""
    shape = shape_of(node)
    axis = 0 if isinstance(rule, Attention) else channel_axis(node)
    lines = numbers.expand(shape).movedim(axis, 0)
    parts = groups_of(node) if isinstance(rule, Grouped) else len(lines)
    for part in lines.reshape(parts, -1):
        yield sets.all_of(part)


def _passed(
    node: fx.Node, rule: Rule, numbers: Tensor, sets: LabelSets
) -> Iterable[tuple[fx.Node, Tensor]]:
    """What the sources of an operation on single numbers are needed for, by what its result is.

    The rule says which numbers of a source are wanted for a mask of the result. Asked for each
    binary digit of the sets' places, and for its complement, it says for which set each number is
    wanted; where that is more than one, it is asked for each set.
    """
    full = numbers.expand(shape_of(node)).contiguous()
    present = torch.from_numpy(np.unique(full.numpy()))
    certain = _wanted(node, rule, full == ANY)
    present = present[present > ANY]
    places = torch.where(full > ANY, torch.searchsorted(present, full) + 1, 0)
    digits = [
        (
            1 << digit,
            _wanted(node, rule, places & (1 << digit) != 0),
            _wanted(node, rule, (places > 0) & (places & (1 << digit) == 0)),
        )
        for digit in range(len(present).bit_length())
    ]
    for source, whatever in certain.items():
        place, several = torch.zeros(whatever.shape, dtype=torch.long), torch.zeros_like(whatever)
        for value, ones, zeros in digits:
            place += value * ones[source]
            several |= ones[source] & zeros[source]
        several &= ~whatever
        found = torch.cat([torch.tensor([NONE]), present])[place.clamp(max=len(present))]
        found[whatever] = ANY
        if several.any():
            union = torch.full((int(several.sum()),), NONE)
            for number in present.tolist():
                hit = _wanted(node, rule, full == number)[source][several]
                union[hit] = sets.union(union[hit], torch.tensor(number))
            found[several] = union
        yield source, narrowed(found)
    for source, _ in rule.wanted(node, full > NONE, {}):
        if source not in certain:  # such as the size of the batch
            yield source, torch.tensor(ANY)


def _wanted(node: fx.Node, rule: Rule, mask: Tensor) -> dict[fx.Node, Tensor]:
    """The numbers of each source that is a batch of samples."""
    found: dict[fx.Node, Tensor] = {}
    for source, part in rule.wanted(node, mask, {}):
        if sample_shape(source) is not None:
            found[source] = found[source] | part if source in found else part
    return found


class Joined:
    """Labels from 0 on that are joined to groups.

    Args:
        count: How many there are.
    """

    def __init__(self, count: int) -> None:
        self._above = list(range(count))

    def join(self, labels: Iterable[int]) -> None:
        """Have all of them in one group."""
        tops = {self.top(label) for label in labels}
        for top in tops:
            self._above[top] = min(tops)

    def groups(self) -> list[list[int]]:
        """The groups, those of one label among them, each and all of them in order."""
        found: dict[int, list[int]] = {}
        for label in range(len(self._above)):
            found.setdefault(self.top(label), []).append(label)
        return list(found.values())

    def top(self, label: int) -> int:
        """The first label of the group that a label is in."""
        while self._above[label] != label:
            self._above[label] = self._above[self._above[label]]
            label = self._above[label]
        return label

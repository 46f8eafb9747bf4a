"""The widths of a network: how many channels each matrix and convolution makes, and who reads them.

A width is a number of channels that the small network is left with: those of which some row is not
zero.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from paretocli.compaction.readers import Joined, Made, Row, what_is_made
from paretocli.compaction.rules.base import shape_of
from paretocli.compaction.rules.matrices import channel_axis, matrix_tensors
from paretocli.compaction.trace import Tracing, made_of


@dataclass(frozen=True)
class Width:
    """The channels that a matrix or convolution makes.

    Attributes:
        made_by: Name of the parameter that makes them, empty where it is made of several.
        parts: What can leave, by its place among all channels of the network.
        each: How many of these channels leave with a part: 1, or those of a head of attention, or
            of a group of a convolution.
    """

    made_by: str
    parts: frozenset[int]
    each: int

    @property
    def largest(self) -> int:
        """Where all stay that can."""
        return self.each * len(self.parts)


@dataclass(frozen=True)
class Widths:
    """The widths of a network.

    Attributes:
        channels: For each channel, or what leaves together, the rows that have to be zero for it.
        widths: Those of which all can leave, the smallest first; no two are alike.
    """

    channels: tuple[frozenset[Row], ...]
    widths: tuple[Width, ...]


def widths_of(tracing: Tracing, weights: Mapping[str, Tensor]) -> Widths:
    """The widths of a network.

    Args:
        tracing: Its operations.
        weights: The parameters (out, R, …) whose rows may become zero, by name.
    """
    rows = [(name, row) for name, weight in weights.items() for row in range(weight.shape[1])]
    joined, made, read = Joined(len(rows)), list(what_is_made(tracing, weights)), set[int]()
    for one in made:
        for readers in filter(None, one.readers):
            joined.join(readers)
            read |= {joined.top(min(readers))}
    # Rows that read nothing that leaves are in no channel.
    tops = {joined.top(label) for label in read}
    groups = [group for group in joined.groups() if group[0] in tops]
    places = {group[0]: place for place, group in enumerate(groups)}
    found = dict[tuple[frozenset[int], int], Width]()
    for one in reversed(made):  # named by whoever comes first
        width = None if one.by_attention else _width(one, joined, places)
        if width is not None:
            found.setdefault((width.parts, width.each), width)
    return Widths(
        tuple(frozenset(rows[label] for label in group) for group in groups),
        tuple(sorted(found.values(), key=lambda width: len(width.parts))),
    )


def _width(made: Made, joined: Joined, places: Mapping[int, int]) -> Width | None:
    """What an operation makes; None where not all can leave, or not so many with each part."""
    together = _channels_of(made) // len(made.readers)
    leaving = Counter[int]()
    for readers in filter(None, made.readers):
        leaving[places[joined.top(min(readers))]] += together
    if None in made.readers or len(set(leaving.values())) != 1:
        return None
    names = made_of(matrix_tensors(made.node)[1])
    return Width(
        made_by=next(iter(names)) if len(names) == 1 else "",
        parts=frozenset(leaving),
        each=next(iter(leaving.values())),
    )


def _channels_of(made: Made) -> int:
    shape = shape_of(made.node)
    return shape[channel_axis(made.node)]

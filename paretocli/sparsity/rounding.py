"""Which rows stay where a network's widths are to be multiples of a number.

The nearest multiple counts, of two as near the larger one; one that takes away more than a tenth of
what is there only if there is no other: what survived is needed. Channels come first: those stay
whose longest row is longest, measured as a share of its block's; where more have to stay than there
are, the row comes back that is nearest to it. Then the rows that each layer reads of channels that
stay. A width of which nothing is left stays so, and one that cannot be a multiple stays as it is.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from paretocli.compaction.widths import Widths
from paretocli.sparsity.blocks import Blocks

SMALL_SHARE = 0.1  # of what is there: what may go although more could come back

Numbers = npt.NDArray[np.float64]
Marks = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class _Some:
    """Things of which a multiple is to stay, each of them some rows of blocks.

    Attributes:
        parts: The rows of each.
        each: How much each counts for.
        rest: Rows that count beside them where they stay, each with how much.
        alone: Whether these are a layer's rows, so that a channel has to keep one of its own.
    """

    parts: tuple[tuple[int, ...], ...]
    each: int
    rest: tuple[tuple[int, int], ...] = ()
    alone: bool = False


class Rounding:
    """Chooses the rows of blocks that stay, which are numbered one block after the other.

    Args:
        blocks: The blocks.
        least: How many rows of each have to stay, by its name.
        widths: Who makes and who reads channels.
        multiple: What widths are to be multiples of.
    """

    def __init__(
        self, blocks: Blocks, least: Mapping[str, int], widths: Widths, multiple: int
    ) -> None:
        self._multiple = multiple
        self._block_of = np.repeat(np.arange(len(blocks.each)), [b.rows for b in blocks.each])
        self._least = np.array([least[block.name] for block in blocks.each])
        starts = np.cumsum([0, *(block.rows for block in blocks.each)])
        places: dict[tuple[str, int], int] = {}
        for block, start in zip(blocks.each, starts.tolist(), strict=False):
            for member in block.members:
                for own in member.places.tolist():
                    places |= {(member.layer.name, row): start + k for k, row in enumerate(own)}
        channels = [tuple(sorted({places[row] for row in rows})) for rows in widths.channels]
        self._channel_of = {row: channel for channel in channels for row in channel}
        self._some = [
            _Some(tuple(channels[part] for part in sorted(width.parts)), width.each)
            for width in widths.widths
        ]
        self._some += _rows_of_layers(blocks, starts.tolist())

    def stay(self, strengths: Numbers, *, up: bool = True) -> Marks:
        """Which rows (R,) of a network stay.

        Args:
            strengths: Of each row: at least 1 where it is not zero, the longer the more, and below
                1 where it is, the nearer to what it would take to come back the more.
            up: Whether rows may come back, too.
        """
        kept = _Kept(strengths, self._block_of, self._least, self._channel_of)
        for some in self._some:
            for count in self._targets(kept, some, up=up):
                if kept.brought_to(some, count):
                    break
        return kept.rows

    def _targets(self, kept: "_Kept", some: _Some, *, up: bool) -> Iterator[int]:
        """How many of some things could stay, the best first; none where none is left."""
        now = kept.living(some)
        if not now:
            return
        rest = sum(n for row, n in some.rest if kept.rows[row])
        most = len(some.parts) if up else now
        fitting = [
            count
            for count in range(1, most + 1)
            if (rest + some.each * count) % self._multiple == 0
        ]
        yield from sorted(
            fitting, key=lambda count: (now - count > SMALL_SHARE * now, abs(count - now), -count)
        )


def _rows_of_layers(blocks: Blocks, starts: Sequence[int]) -> Iterator[_Some]:
    """The rows that each layer reads; those that other layers read with it are left to these.

    What an input layer reads is data, and no width.
    """
    for layer in blocks.layers:
        if layer.role == "input":
            continue
        own: list[tuple[int, ...]] = []
        rest: list[tuple[int, int]] = []
        for block, start in zip(blocks.each, starts, strict=False):
            sizes = {member.layer.name: len(member.places) for member in block.members}
            numbers = range(start, start + block.rows)
            if sizes == {layer.name: 1}:
                own += [(row,) for row in numbers]
            elif layer.name in sizes:
                rest += [(row, sizes[layer.name]) for row in numbers]
        if own:
            yield _Some(tuple(own), 1, tuple(rest), alone=True)


class _Kept:
    """The rows that stay, as they are chosen.

    Args:
        strengths: Of each row (R,).
        block_of: The number of its block (R,).
        least: How many of each block have to stay (B,).
        channel_of: All rows that read what a row reads, where that can leave.
    """

    def __init__(
        self,
        strengths: Numbers,
        block_of: npt.NDArray[np.int64],
        least: npt.NDArray[np.int64],
        channel_of: Mapping[int, tuple[int, ...]],
    ) -> None:
        self.rows: Marks = strengths >= 1
        self._strengths = strengths
        self._block_of = block_of
        self._spare = np.bincount(block_of[self.rows], minlength=len(least)) - least
        self._channel_of = channel_of

    def living(self, some: _Some) -> int:
        """How many of some things have a row that stays."""
        return sum(self._lives(part) for part in some.parts)

    def brought_to(self, some: _Some, count: int) -> bool:
        """Have so many of some things stay, if that is possible; else nothing changes."""
        before = self.rows.copy(), self._spare.copy()
        living = [part for part in some.parts if self._lives(part)]
        zero = [part for part in some.parts if not self._lives(part)]
        now = len(living)
        for part in sorted(living, key=self._strength):
            if now > count and self._may_go(part, alone=some.alone):
                self._mark(part, stays=False)
                now -= 1
        for part in sorted(zero, key=self._strength, reverse=True):
            if now < count and self._may_return(part, alone=some.alone):
                self._mark([max(part, key=self._strengths.__getitem__)], stays=True)
                now += 1
        if now == count:
            return True
        self.rows, self._spare = before
        return False

    def _lives(self, part: Iterable[int]) -> bool:
        return any(self.rows[row] for row in part)

    def _strength(self, part: Sequence[int]) -> float:
        """That of its strongest row."""
        return float(max(self._strengths[row] for row in part))

    def _may_go(self, part: Sequence[int], *, alone: bool) -> bool:
        """Whether each block keeps as many as have to stay, and a channel one of its rows."""
        going = Counter(int(self._block_of[row]) for row in part if self.rows[row])
        if any(self._spare[block] < count for block, count in going.items()):
            return False
        channel = self._channel_of.get(part[0]) if alone else None
        return channel is None or self._lives(row for row in channel if row not in part)

    def _may_return(self, part: Sequence[int], *, alone: bool) -> bool:
        """Whether its channel stays anyway."""
        channel = self._channel_of.get(part[0]) if alone else None
        return channel is None or self._lives(channel)

    def _mark(self, rows: Sequence[int], *, stays: bool) -> None:
        for row in rows:
            if self.rows[row] != stays:
                self.rows[row] = stays
                self._spare[self._block_of[row]] += 1 if stays else -1

"""Which rows become zero together: groups, as a sweep keeps them.

A *group* is all rows, of several layers, that read one channel of one stream. Groups of the same
make, so many rows of each of the same layers, make a *block*, which is kept as slots: each names a
layer and, for every group, one row of it. So the i-th group of a block has the i-th row of each of
its slots.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from paretocli.errors import InputError

Row = tuple[str, int]
Slots = tuple[tuple[str, str], ...]
Grouping = tuple[Slots, ...]

NONE: Grouping = ()

# A group with a larger share of a layer's rows would decide on the layer as a whole.
LARGEST_SHARE = 0.5
MOST_ROWS = 2**24  # of a layer: what claims to have more was not written by this program


def grouping_of(
    groups: Sequence[Sequence[Row]], rows: Mapping[str, int], of_heads: Collection[Row] = ()
) -> Grouping:
    """The blocks of groups of rows.

    Left out, so that their rows stay alone: groups of one layer's rows, which nobody else reads,
    unless they read the heads of attention; those with more than half of the rows of a layer; and
    those that no other group is like, for one row of each block always stays.

    Args:
        groups: Rows that belong together, as names of layers with numbers; no row is in two.
        rows: The number of rows of each layer by name, in the layers' order.
        of_heads: The rows that read the heads of some attention.

    Returns:
        For each block its slots, as names of layers with rows (`row_text`).
    """
    order = {name: place for place, name in enumerate(rows)}
    alike: dict[tuple[tuple[str, int], ...], list[list[Row]]] = {}
    for group in groups:
        ordered = sorted(group, key=lambda row: (order[row[0]], row[1]))
        make = Counter(name for name, _ in ordered)
        several = len(make) > 1 or any(row in of_heads for row in ordered)
        if several and all(n <= LARGEST_SHARE * rows[name] for name, n in make.items()):
            alike.setdefault(tuple(make.items()), []).append(ordered)
    return tuple(
        tuple((slot[0][0], row_text([row for _, row in slot])) for slot in zip(*block, strict=True))
        for block in alike.values()
        if len(block) > 1
    )


def row_text(rows: Sequence[int]) -> str:
    """Numbers as text: `3`, or `start:end:step` for several, with commas between."""
    parts, place = [], 0
    while place < len(rows):
        step = rows[place + 1] - rows[place] if place + 1 < len(rows) else 0
        end = place + 1
        while step > 0 and end < len(rows) and rows[end] - rows[end - 1] == step:
            end += 1
        by = "" if step == 1 else f":{step}"
        alone = end == place + 1
        parts.append(f"{rows[place]}" if alone else f"{rows[place]}:{rows[end - 1] + 1}{by}")
        place = end
    return ",".join(parts)


def rows_in(text: str) -> list[int]:
    """The numbers that `row_text` wrote.

    Raises:
        ValueError: It did not.
    """
    found: list[int] = []
    for part in text.split(","):
        first, *rest = map(int, part.split(":"))
        numbers = range(first, *rest) if rest else range(first, first + 1)
        if len(numbers) > MOST_ROWS:
            raise ValueError(f"{len(numbers)} rows are more than any layer has.")
        found += numbers
    return found


def layers_in(grouping: Grouping) -> frozenset[str]:
    """Names of the layers that have rows in groups."""
    return frozenset(name for slots in grouping for name, _ in slots)


def described(grouping: Grouping) -> list[str]:
    """How many groups each block has and of which layers: "64 of conv1, fc (4 rows each)"."""
    found = []
    for slots in grouping:
        count = len(rows_in(slots[0][1]))
        each = Counter(name.removesuffix(".weight") for name, _ in slots)
        names = (name if n == 1 else f"{name} ({n} rows each)" for name, n in each.items())
        found.append(f"{count:,} of {', '.join(names)}")
    return found


def slots_in(grouping: Grouping, rows: Mapping[str, int]) -> Iterator[list[tuple[str, list[int]]]]:
    """For each block its slots, the rows as numbers.

    Args:
        grouping: As `grouping_of` gives it.
        rows: The number of rows of each layer by name.

    Raises:
        InputError: It is none of these layers.
    """
    taken: set[Row] = set()
    if not isinstance(grouping, tuple):  # a directory may hold anything
        raise _unfit("is not of the form that this program writes")
    for slots in grouping:
        try:
            block = [(name, rows_in(text)) for name, text in slots]
        except (AttributeError, TypeError, ValueError):
            raise _unfit("is not of the form that this program writes") from None
        named = [(name, row) for name, numbers in block for row in numbers]
        if len({len(numbers) for _, numbers in block}) != 1:
            raise _unfit("has slots of different lengths")
        if any(not 0 <= row < rows.get(name, 0) for name, row in named):
            raise _unfit("names rows that no layer has whose rows count")
        if len(taken | {*named}) != len(taken) + len(named):
            raise _unfit("has a row twice")
        taken |= {*named}
        yield block


def _unfit(why: str) -> InputError:
    return InputError(
        f"The grouping of rows that the sweep's directory holds {why}; restore its sweep.json, or "
        "begin the sweep anew in another directory."
    )

"""What whoever gets a network alone should know of the data that it was made for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Description", "Feature"]

FeatureKind = Literal["number", "category", "missing", "code"]


@dataclass(frozen=True)
class Feature:
    """How an input was made of a cell of a table, before any network.

    Of what the kind says, (value − mean) / deviation was taken.

    Attributes:
        column: The cell's column.
        kind: `number`: the cell's number, the mean where it is missing; `category`: 1 where the
            cell is one of the categories, else 0; `missing`: 1 where it is missing, else 0; `code`:
            the place of the cell among the categories from 1 on, 0 where it is none of them.
        mean: What was subtracted.
        deviation: What that was divided by.
        categories: Texts of cells.
    """

    column: str
    kind: FeatureKind
    mean: float = 0.0
    deviation: float = 1.0
    categories: tuple[str, ...] = ()


@dataclass(frozen=True)
class Description:
    """What was done to the data before it became samples, and what their numbers stand for.

    Attributes:
        preparation: What was done, a sentence each.
        features: Where the inputs are numbers of a table's columns, how each was made (D,).
        classes: By task, the names of its classes, in the order of their numbers.
        groups: By task that compares groups of samples (its target holds their numbers as
            "group"), the names of these, in the order of their numbers.
    """

    preparation: Sequence[str] = ()
    features: Sequence[Feature] = ()
    classes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)

"""What is asked of a table beside its targets, as the options of the panel `Tables` say it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class TableForm:
    """What a table's columns are, and how its rows are divided; what was not given is empty.

    Attributes:
        task: What target columns hold, by name or pattern; the others are found out.
        class_weights: `none`, or `balanced`: each class counts the same.
    """

    task: Mapping[str, str] = field(default_factory=dict)
    class_weights: str = "none"


ALL_NUMBERS = TableForm({"*": "number"})

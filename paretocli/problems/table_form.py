"""What is asked of a table beside its targets, as the options of the panel `Tables` say it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class TableForm:
    """What a table's columns are, and how its rows are divided; what was not given is empty.

    Attributes:
        task: What target columns hold, by name or pattern; the others are found out.
        class_weights: `none`, or `balanced`: each class counts the same.
        leave_out: Columns that are no features, by name or pattern.
        split: The column that marks rows as train, val or test.
        group: The column whose values stay in one split each.
        stratify: Whether classes get the same shares in all splits.
        indicators: Whether features that are missing somewhere get one that says so.
        embed: Categories of columns with more than so many become embeddings; 0 for none.
        fair: The column whose groups are to be treated alike, None for none.
        fair_notion: What is compared between them: `parity`, `opportunity` or `odds`.
        fair_surrogate: What stands for rates in that loss: `probability` or `tanh`.
        fair_feature: Whether that column is a feature too.
        delimiter: What is between the cells of its file, None where that is to be found.
        encoding: Of its file, likewise.
    """

    task: Mapping[str, str] = field(default_factory=dict)
    class_weights: str = "none"
    leave_out: tuple[str, ...] = ()
    split: str | None = None
    group: str | None = None
    stratify: bool = False
    indicators: bool = True
    embed: int = 0
    fair: str | None = None
    fair_notion: str = "opportunity"
    fair_surrogate: str = "probability"
    fair_feature: bool = True
    delimiter: str | None = None
    encoding: str | None = None

    @property
    def divides(self) -> bool:
        """Whether it says how rows are divided."""
        return bool(self.dividing) or self.stratify

    @property
    def dividing(self) -> list[str]:
        """The columns that divide the rows, and are no features."""
        return [name for name in (self.split, self.group) if name is not None]

    @property
    def no_features(self) -> list[str]:
        """The columns beside the targets that nothing is predicted from."""
        hidden = [] if self.fair is None or self.fair_feature else [self.fair]
        return [*dict.fromkeys([*self.dividing, *hidden, *self.leave_out])]


# Of tables that were there before all this.
ALL_NUMBERS = TableForm({"*": "number"}, indicators=False)

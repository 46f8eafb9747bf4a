"""What whoever gets a network alone should know of a table that it was made for."""

from collections.abc import Sequence

from paretocli.core.description import Description, Feature
from paretocli.problems.label_columns import Labels

MISSING_CELLS = 'A cell of categories that is missing counts as the text "?".'


def description_of(
    tasks: Sequence[Labels], features: Sequence[Feature] = (), preparation: Sequence[str] = ()
) -> Description:
    """The description of a problem whose tasks are columns.

    Args:
        tasks: All of them.
        features: How each input was made, none where the inputs are no table's.
        preparation: What was done to the data before that, a sentence each.
    """
    return Description(
        preparation=preparation,
        features=features,
        classes={one.task.name: one.classes for one in tasks if one.classes},
        groups={one.task.name: one.groups for one in tasks if one.groups},
    )


def with_missing_cells(features: Sequence[Feature]) -> list[str]:
    """What is said of missing cells, where some of the features are categories."""
    texts = any(one.kind in ("category", "code") for one in features)
    return [MISSING_CELLS] if texts else []

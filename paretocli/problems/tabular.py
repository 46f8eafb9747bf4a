"""From a table to a problem: some columns are targets, all others features."""

from collections.abc import Sequence
from functools import partial
from operator import itemgetter
from pathlib import Path

import pandas as pd
import torch
from pandas.api.types import is_float_dtype

from paretocli.core.inputs import mapped
from paretocli.core.problem import Defaults, Problem, Samples
from paretocli.errors import InputError
from paretocli.networks.embedded import embedded_networks, width_of
from paretocli.problems.cells import numbers
from paretocli.problems.column_kinds import asked_kinds, found_kind
from paretocli.problems.described import description_of, with_missing_cells
from paretocli.problems.features import encoded, indicator_words
from paretocli.problems.label_columns import labels_of
from paretocli.problems.label_notes import label_notes
from paretocli.problems.table_classes import refuse_no_classes, table_classes, words_of
from paretocli.problems.table_fairness import fairness_of
from paretocli.problems.table_form import ALL_NUMBERS, TableForm
from paretocli.problems.table_rows import feature_hints, rows_of
from paretocli.problems.targets import check_targets

# Up to so many training rows, small batches and many epochs are quick.
SMALL = 5_000


def tabular(
    frame: pd.DataFrame,
    targets: Sequence[str],
    *,
    name: str,
    path: Path,
    form: TableForm = ALL_NUMBERS,
) -> Problem:
    """Predict target columns from all the others, a task for each target.

    Rows are split 60 : 20 : 20 at random, unless the form says otherwise. What features are
    prepared by comes from the training rows: numbers are standardised, missing ones replaced by the
    mean; categories are one-hot encoded, a missing one being a category of its own, and of more
    than 100 the rare ones together.

    Args:
        frame: The table (N, C): columns of numbers and of texts; the index holds line numbers.
        targets: Names of the target columns. A task is called like its column, but for white
            space, commas, equals signs and quotes, which become an underscore.
        name: Name of the problem.
        path: The file, for the messages.
        form: What its columns are.

    Raises:
        InputError: A target is not there, given twice, not of its kind or the same everywhere; or
            there are too few targets, features or rows. The message names the file and the column.
    """
    check_targets(targets, list(frame.columns), path)
    if len(targets) + (form.fair is not None) < 2:
        raise InputError(
            f"Only {', '.join(targets) or 'nothing'} is to be predicted from {path}; name two or "
            "more columns with --targets."
        )
    kinds = asked_kinds(form.task, targets, path)
    for one in targets:  # before anything else: a cell that is none is the likeliest mistake
        if not is_float_dtype(frame[one]) and (kinds[one] or found_kind(frame[one])) != "class":
            numbers(frame[one], path)
    rows, how = rows_of(frame, kinds, form, path)
    make = partial(table_classes, balanced=form.class_weights == "balanced")
    labels = [labels_of(frame[one], rows, path, kinds[one], make) for one in targets]
    refuse_no_classes(form, labels, path)
    tasks = [*labels, *fairness_of(frame, targets, labels, rows, form, path)]
    features = frame.drop(columns=[*targets, *form.no_features])
    found = encoded(features, rows["train"], path, form)
    splits = {
        split: Samples(
            torch.from_numpy(found.inputs[part]),
            tuple(mapped(itemgetter(part), one.target) for one in tasks),
        )
        for split, part in rows.items()
    }
    counts = list(found.embedded.values())
    plain = len(found.columns) - len(counts)
    outputs = [one.task.outputs for one in tasks if one.task.of is None]
    networks = embedded_networks(counts, plain, outputs) if counts else {}
    regression = all(one.kind == "number" for one in labels)
    return Problem(
        name=name,
        tasks=[one.task for one in tasks],
        train=splits["train"],
        val=splits["val"],
        test=splits["test"],
        defaults=_defaults(
            len(splits["train"]), regression=regression, fair=len(tasks) > len(labels)
        ),
        notes=[
            *label_notes([(one.task.name, words_of(one)) for one in tasks]),
            *([f"The rows are split {how}."] if form.divides else []),
            *indicator_words(found.indicated),
            *(
                f"{name} has {count:,} categories, each an embedding of {width_of(count)} numbers."
                for name, count in found.embedded.items()
            ),
            *feature_hints(features, path),
        ],
        columns=found.columns,
        networks=networks,
        generic=not networks,
        description=description_of(tasks, found.made, with_missing_cells(found.made)),
        without_effect=[
            *(["task"] if regression else []),
            *([] if found.indicated else ["indicators"]),
            *([] if found.embedded else ["embed"]),
            *([] if form.fair else ["fair_notion", "fair_surrogate", "fair_feature"]),
        ],
    )


def _defaults(rows: int, *, regression: bool, fair: bool) -> Defaults:
    # Untrained networks treat everybody alike: a difference that starts near 0 is no scale.
    scale = "none" if fair else "initial"
    # Tables of numbers are swept as they always were.
    if regression or rows <= SMALL:
        return Defaults(
            points=9, epochs=100, batch_size=32, lr=5e-3, retrain_epochs=20, scale=scale
        )
    return Defaults(points=9, epochs=30, batch_size=256, lr=2e-3, retrain_epochs=10, scale=scale)

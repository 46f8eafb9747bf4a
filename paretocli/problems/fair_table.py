"""Known tables with fairness as an objective, as papers on learned fronts split and encode them."""

from collections.abc import Mapping, Sequence
from functools import partial
from operator import itemgetter
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from sklearn.model_selection import train_test_split
from torch import nn

from paretocli.core.description import Feature
from paretocli.core.inputs import mapped
from paretocli.core.problem import Defaults, Problem, Samples
from paretocli.lists import some_of
from paretocli.networks.hps import HardParameterSharing
from paretocli.problems.cells import numbers
from paretocli.problems.described import description_of
from paretocli.problems.features import encoded
from paretocli.problems.label_columns import labels_of
from paretocli.problems.splitting import Rows, refuse_few
from paretocli.problems.table_classes import table_classes, words_of
from paretocli.problems.table_fairness import fairness_of
from paretocli.problems.table_form import TableForm

TEST_SHARE = 0.2
VALIDATION_SHARE = 0.125  # of what is left: a tenth of all
SPLIT_SEED = 1
HIDDEN = (60, 25)


def fair_table(
    frame: pd.DataFrame,
    name: str,
    path: Path,
    *,
    label: str,
    group: str,
    numeric: Sequence[str],
    preparation: Sequence[str] = (),
) -> Problem:
    """Tell a label of two classes with equal opportunity for groups that nothing is told of.

    The rows are split 70 : 10 : 20, as scikit-learn's `train_test_split` draws them by the seed 1.
    Categories are one-hot encoded; their columns are standardised as numbers are, by the training
    rows. The network has hidden layers of 60 and 25. The losses are cross-entropy, and the
    difference of Σ tanh(p) / N among rows whose label is the second class.

    Ruchte and Grabocka, *Scalable Pareto Front Approximation for Deep Multi-Objective Learning*,
    arXiv 2103.13392, whose code standardises by all rows, and has one logit.

    Args:
        frame: Texts (N, C), `None` where missing; the index holds the lines of the file.
        name: Of the problem.
        path: The file, for the messages.
        label: The column to predict.
        group: The column of the groups, which is no feature.
        numeric: The columns of numbers; the others hold categories.
        preparation: What was done to them before, a sentence each.

    Raises:
        InputError: A cell is no number where there should be one, or there are too few rows, labels
            or groups.
    """
    refuse_few(len(frame), path)
    rows = split_rows(len(frame))
    columns, sources = one_hot(frame.drop(columns=[label, group]), numeric, rows, path)
    form = TableForm(fair=group, fair_surrogate="tanh", fair_feature=False, indicators=False)
    judged = labels_of(frame[label], rows, path, "class", partial(table_classes, balanced=False))
    every = [judged, *fairness_of(frame, [label], [judged], rows, form, path)]
    found = encoded(columns, rows["train"], path, form)
    splits = {
        split: Samples(
            torch.from_numpy(found.inputs[part]),
            tuple(mapped(itemgetter(part), one.target) for one in every),
        )
        for split, part in rows.items()
    }
    return Problem(
        name=name,
        tasks=[one.task for one in every],
        train=splits["train"],
        val=splits["val"],
        test=splits["test"],
        networks={"hps": partial(network, len(found.columns), judged.task.outputs)},
        defaults=Defaults(points=25, epochs=50, schedule="constant", scale="payoff"),
        notes=[
            *(f"{words_of(one)}." for one in every),
            f"The {len(frame):,} rows are split 70 : 10 : 20.",
            *lacking_words(columns),
        ],
        columns=[sources.get(column, column) for column in found.columns],
        description=description_of(
            every, [_of_source(one, sources) for one in found.made], preparation
        ),
    )


def split_rows(count: int) -> Rows:
    """The rows of each split."""
    rest, test = train_test_split(np.arange(count), test_size=TEST_SHARE, random_state=SPLIT_SEED)
    train, val = train_test_split(rest, test_size=VALIDATION_SHARE, random_state=SPLIT_SEED)
    return {"train": train, "val": val, "test": test}


def one_hot(
    features: pd.DataFrame, numeric: Sequence[str], rows: Rows, path: Path
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Numbers, and a column of 0 and 1 for each category, and from which column each of these is.

    A category that no training row has is 0 everywhere, as nothing is learned of it.
    """
    made = [features[list(numeric)].apply(numbers, path=path)]
    sources: dict[str, str] = {}
    for name in features.columns.drop(list(numeric)):
        each = pd.get_dummies(features[name], prefix=name, prefix_sep="=", dtype=np.float64)
        each.loc[:, ~each.iloc[rows["train"]].any()] = 0.0
        made.append(each)
        sources |= dict.fromkeys(each.columns, name)
    return pd.concat(made, axis=1), sources


def _of_source(made: Feature, sources: Mapping[str, str]) -> Feature:
    """How an input was made of the cells of the table, where a column of 0 and 1 was between."""
    source = sources.get(made.column)
    if source is None:
        return made
    cell = made.column.removeprefix(f"{source}=")
    return Feature(source, "category", made.mean, made.deviation, (cell,))


def lacking_words(columns: pd.DataFrame) -> list[str]:
    """What is said of the numbers that are missing, if there are any."""
    lacking = [str(name) for name in columns if columns[name].isna().any()]
    return [f"Missing numbers of {some_of(lacking)} are the training mean."] if lacking else []


def network(inputs: int, outputs: int) -> HardParameterSharing:
    """Two hidden layers, and a head."""
    first, second = HIDDEN
    layers = [nn.Linear(inputs, first), nn.ReLU(), nn.Linear(first, second), nn.ReLU()]
    return HardParameterSharing(nn.Sequential(*layers), second, [outputs])

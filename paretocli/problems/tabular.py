"""From a table to a problem: some columns are targets, all others features."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from paretocli.core.problem import Defaults, Problem, Samples, Task
from paretocli.errors import InputError
from paretocli.problems.cells import numbers
from paretocli.problems.regression import Scale, regression
from paretocli.problems.splitting import Rows, at_random, check_there
from paretocli.problems.targets import check_targets, task_name

MOST_CATEGORIES = 100


def tabular(frame: pd.DataFrame, targets: Sequence[str], *, name: str, path: Path) -> Problem:
    """Predict target columns from all the others, a regression task for each target.

    Rows are split 60 : 20 : 20 at random. What features are prepared by comes from the training
    rows: numbers are standardised, missing ones replaced by the mean; categories are one-hot
    encoded, a missing one being a category of its own, and of more than 100 the rare ones together.

    Args:
        frame: The table (N, C): columns of numbers and of texts; the index holds line numbers.
        targets: Names of the target columns. A task is called like its column, but for white
            space, commas, equals signs and quotes, which become an underscore.
        name: Name of the problem.
        path: The file, for the messages.

    Raises:
        InputError: A target is not there, given twice, no number or the same everywhere; or there
            are too few targets, features or rows. The message names the file and the column.
    """
    check_targets(targets, list(frame.columns), path)
    if len(targets) < 2:
        raise InputError(
            f"Only {', '.join(targets) or 'nothing'} is to be predicted from {path}; name two or "
            "more columns with --targets."
        )
    rows = at_random(len(frame), path)
    values = pd.DataFrame({target: _numeric(frame[target], path) for target in targets})
    tasks = [number_task(values[target], rows, path) for target in targets]
    features = frame.drop(columns=list(targets))
    inputs = _encoded(features, rows["train"], path)
    splits = {
        split: Samples(
            torch.from_numpy(inputs[part]),
            tuple(torch.tensor(values[target].to_numpy()[part]) for target in targets),
        )
        for split, part in rows.items()
    }
    return Problem(
        name=name,
        tasks=tasks,
        train=splits["train"],
        val=splits["val"],
        test=splits["test"],
        defaults=Defaults(points=9, epochs=100, batch_size=32, lr=5e-3, retrain_epochs=20),
    )


def _numeric(column: pd.Series, path: Path) -> pd.Series:
    return column if _holds_numbers(column) else numbers(column, path)


def _holds_numbers(column: pd.Series) -> bool:
    return pd.api.types.is_float_dtype(column)


def number_task(values: pd.Series, rows: Rows, path: Path) -> Task:
    """The task that predicts a column of numbers.

    Args:
        values: The numbers (N,), NaN where missing.
        rows: Of each split.
        path: The file, for the messages.

    Raises:
        InputError: All of a split are missing, or those for training all the same.
    """
    check_there(values, rows, path)
    training = values.iloc[rows["train"]].dropna().to_numpy()
    if training.min() == training.max():
        raise InputError(
            f"The column {values.name} of {path} is {training[0]:g} in all of the training rows; "
            "there is nothing to predict: choose another target."
        )
    scale = Scale(float(training.mean()), float(training.std()))
    return regression(task_name(str(values.name)), scale)


def _encoded(
    features: pd.DataFrame, training: npt.NDArray[np.int64], path: Path
) -> npt.NDArray[np.float32]:
    """The network's inputs (N, D), prepared by what the training rows hold."""
    known = features.columns[features.iloc[training].notna().any()]
    if known.empty:
        raise InputError(
            f"{path} has no column to predict the targets from; leave some columns that are no "
            "targets and not empty."
        )
    numeric = [name for name in known if _holds_numbers(features[name])]
    nominal = [name for name in known if name not in numeric]
    filled = features[known].assign(**{name: features[name].fillna("?") for name in nominal})
    one_hot = OneHotEncoder(handle_unknown="ignore", max_categories=MOST_CATEGORIES)
    encoder = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), numeric),
            ("categories", one_hot, nominal),
        ],
        sparse_threshold=0,
    )
    encoder.fit(filled.iloc[training])
    inputs: npt.NDArray[np.float32] = encoder.transform(filled).astype(np.float32)
    return inputs

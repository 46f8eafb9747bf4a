"""The task that predicts a column of numbers."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from paretocli.core.problem import Task
from paretocli.errors import InputError
from paretocli.problems.regression import Scale, regression
from paretocli.problems.splitting import Rows, check_there
from paretocli.problems.targets import task_name


def number_task(values: pd.Series, rows: Rows, path: Path) -> Task:
    """The task that predicts a column of numbers.

    Args:
        values: The numbers (N,), NaN where missing.
        rows: Of each split.
        path: The file, for the messages.

    Raises:
        InputError: All of a split are missing, or those for training all the same.
    """
    training = training_numbers(values, rows, path)
    scale = Scale(float(training.mean()), float(training.std()))
    return regression(task_name(str(values.name)), scale)


def training_numbers(values: pd.Series, rows: Rows, path: Path) -> npt.NDArray[np.float64]:
    """The numbers of a column that are there in the training rows (n,); as `number_task`."""
    check_there(values, rows, path)
    training: npt.NDArray[np.float64] = values.iloc[rows["train"]].dropna().to_numpy()
    if training.min() == training.max():
        raise InputError(
            f"The column {values.name} of {path} is {training[0]:g} in all of the training rows; "
            "there is nothing to predict: choose another target."
        )
    return training

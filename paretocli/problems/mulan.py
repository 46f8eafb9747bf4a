"""The family `mulan:NAME`: the multi-target regression data sets of the Mulan project."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from paretocli.core.problem import Problem
from paretocli.errors import InputError
from paretocli.problems.arff import read_arff
from paretocli.problems.mulan_files import TARGETS, file_of, found
from paretocli.problems.tabular import tabular
from paretocli.problems.targets import matching_columns


def make(argument: str, data_dir: Path, targets: Sequence[str]) -> Problem:
    """Predict the last columns of an ARFF file, or those named, from all the others.

    Tsoumakas, Spyromitros-Xioufis, Vilcek and Vlahavas, *Mulan: A Java Library for Multi-Label
    Learning*, JMLR 12 (2011).

    Args:
        argument: Name of the data set.
        data_dir: The folder that holds `mulan/<name>.arff`.
        targets: Names of the columns to predict, or patterns of names; none for those that the
            data set is known by.
    """
    path = file_of(data_dir, argument)
    if not path.is_file():
        there = ", ".join(found(data_dir)) or "none"
        raise InputError(
            f"There is no file {path}; put it there, or name the folder that holds "
            f"mulan/{path.name} with --data-dir (data sets there: {there})."
        )
    frame = read_arff(path)
    wanted = matching_columns(targets, list(frame.columns), path) or _last(frame, argument)
    return tabular(frame, wanted, name=path.stem, path=path)


def _last(frame: pd.DataFrame, name: str) -> list[str]:
    columns = list(frame.columns)
    if name not in TARGETS:
        raise InputError(
            f"How many columns of mulan:{name} are targets is not known; name them with --targets "
            f"(its last columns are {', '.join(columns[-3:])})."
        )
    return columns[-TARGETS[name] :]

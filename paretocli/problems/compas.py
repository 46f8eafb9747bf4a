"""`compas`: who is charged again within two years, alike for both sexes."""

from pathlib import Path

import pandas as pd

from paretocli.core.problem import Problem
from paretocli.errors import InputError
from paretocli.problems.cells import numbers
from paretocli.problems.fair_table import fair_table
from paretocli.problems.known_table import read_known

LABEL, GROUP = "two_year_recid", "sex"
NUMERIC = ("age", "priors_count", "days_b_screening_arrest", "decile_score", "is_recid")
CATEGORIES = ("c_charge_degree", "race", "age_cat")
STAY = "length_of_stay"

MOST_DAYS = 30  # between the arrest and the screening; else they are of different offences
SCORES = {"Low": (1, 4), "Medium": (5, 7), "High": (8, 10)}


def make(data_dir: Path) -> Problem:
    """Recidivism in two years, from `tables/compas.csv` in the data directory.

    Rows are left out, as ProPublica does, whose screening was more than 30 days from the arrest,
    of whom nothing is known, or whose offence was none to be jailed for: of the usual 7,214 are
    6,172 left. There are 19 inputs, and `length_of_stay` in jail, in hours, where the file has it;
    the sex is none of them. `is_recid`, whether there was any new charge, all but tells the label.

    Angwin, Larson, Mattu and Kirchner, *Machine Bias*, ProPublica 2016. Splits, encoding, network
    and losses as in `paretocli.problems.fair_table`.

    Args:
        data_dir: The folder that holds `tables/compas.csv`.

    Raises:
        InputError: It is not there, or not that table.
    """
    needed = (*NUMERIC, *CATEGORIES, GROUP, LABEL)
    frame, path = read_known("compas", data_dir, needed, optional=[STAY])
    days = numbers(frame["days_b_screening_arrest"], path)
    kept = (
        days.between(-MOST_DAYS, MOST_DAYS)
        & (numbers(frame["is_recid"], path) != -1)
        & (frame["c_charge_degree"] != "O")
    )
    frame = frame[kept]
    if frame.empty:
        raise InputError(
            f"{path} has no row whose days_b_screening_arrest is between -{MOST_DAYS} and "
            f"{MOST_DAYS}, with an is_recid that is not -1; is it the table compas?"
        )
    frame = frame.assign(score_text=_score_text(numbers(frame["decile_score"], path)))
    numeric = [*NUMERIC, *(name for name in frame.columns if name == STAY)]
    return fair_table(
        frame,
        "compas",
        path,
        label=LABEL,
        group=GROUP,
        numeric=numeric,
        preparation=[_scores()],
    )


def _scores() -> str:
    levels = ", ".join(f"{word} from {low} to {high}" for word, (low, high) in SCORES.items())
    return f"score_text was made of decile_score: {levels}."


def _score_text(decile: pd.Series) -> pd.Series:
    """Low, Medium or High (N,), as the deciles of the scores are called; `None` for no decile."""
    words = pd.Series([None] * len(decile), index=decile.index, dtype=object)
    for word, (least, most) in SCORES.items():
        words[decile.between(least, most)] = word
    return words

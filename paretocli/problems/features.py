"""A table's features as a network's inputs, prepared by what the training rows hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from paretocli.errors import InputError
from paretocli.lists import some_of
from paretocli.problems.table_form import TableForm

MOST_CATEGORIES = 100
NUMBERS, CATEGORIES, MISSING = "numbers", "categories", "missing"


@dataclass(frozen=True, eq=False)
class Features:
    """Features as inputs.

    Attributes:
        inputs: (N, D), in single precision.
        columns: The column from which each input comes (D,).
        indicated: The columns that have an input which says where they are missing.
        embedded: How many categories the columns have that stand in the last inputs as numbers:
            from 1 on, and 0 for what training has not seen.
    """

    inputs: npt.NDArray[np.float32]
    columns: tuple[str, ...]
    indicated: tuple[str, ...]
    embedded: dict[str, int]


def encoded(
    features: pd.DataFrame, training: npt.NDArray[np.int64], path: Path, form: TableForm
) -> Features:
    """The features of all rows as inputs; nothing is learned from other rows than the training's.

    Numbers are standardised, missing ones replaced by the mean. Categories are one-hot encoded, a
    missing one being a category of its own, and of more than 100 the rare ones together; those that
    training has not seen are all 0. Columns that are missing in all training rows are left out.

    Args:
        features: The columns (N, C) of numbers and of texts.
        training: The training rows.
        path: The file, for the message.
        form: `indicators`: whether a number that is missing in a training row gets an input that
            is 1 where it is missing, and else 0; `embed`: columns with more categories than that
            become numbers of these, unless it is 0.

    Raises:
        InputError: There is no column to predict from.
    """
    known = features.columns[features.iloc[training].notna().any()]
    if known.empty:
        raise InputError(
            f"{path} has no column to predict the targets from; leave some columns that are no "
            "targets and not empty."
        )
    numeric = [name for name in known if pd.api.types.is_float_dtype(features[name])]
    texts = [name for name in known if name not in numeric]
    filled = features[known].assign(**{name: features[name].fillna("?") for name in texts})
    seen = {name: sorted(filled[name].iloc[training].unique()) for name in texts}
    coded = {name: seen[name] for name in texts if 0 < form.embed < len(seen[name])}
    nominal = [name for name in texts if name not in coded]
    lacking = filled[numeric].iloc[training].isna().any()
    indicated = [name for name in numeric if lacking[name]] if form.indicators else []
    one_hot = OneHotEncoder(handle_unknown="ignore", max_categories=MOST_CATEGORIES)
    encoder = ColumnTransformer(
        [
            (NUMBERS, make_pipeline(SimpleImputer(), StandardScaler()), numeric),
            (CATEGORIES, one_hot, nominal),
            (MISSING, MissingIndicator(features="all"), indicated),
        ],
        sparse_threshold=0,
    )
    encoder.fit(filled.iloc[training])
    codes = [_codes(filled[name], every) for name, every in coded.items()]
    inputs = np.column_stack([encoder.transform(filled), *codes]).astype(np.float32)
    counts = _widths(encoder.named_transformers_[CATEGORIES], nominal)
    columns = [*numeric, *np.repeat(nominal, counts).tolist(), *indicated, *coded]
    counts_of = {name: len(every) for name, every in coded.items()}
    return Features(inputs, tuple(columns), tuple(indicated), counts_of)


def _codes(column: pd.Series, categories: Sequence[str]) -> npt.NDArray[np.float64]:
    """The number of each cell's category (N,), from 1 on, or 0."""
    numbers = {name: number for number, name in enumerate(categories, start=1)}
    return np.array([numbers.get(cell, 0) for cell in column], dtype=np.float64)


def indicator_words(indicated: Sequence[str]) -> list[str]:
    """What is said of the columns that have indicators, if there are any."""
    if not indicated:
        return []
    return [
        f"Missing numbers of {some_of(indicated)} are the training mean, and an input each says "
        "where (--no-indicators leaves these out)."
    ]


def _widths(encoder: OneHotEncoder, nominal: Sequence[str]) -> list[int]:
    """How many inputs each category has."""
    if not nominal:
        return []
    pairs = zip(encoder.categories_, encoder.infrequent_categories_, strict=True)
    return [len(every) - (0 if rare is None else len(rare) - 1) for every, rare in pairs]

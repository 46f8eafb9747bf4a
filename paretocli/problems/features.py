"""A table's features as a network's inputs, prepared by what the training rows hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from paretocli.core.description import Feature
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
        made: How each input was made of its column (D,).
    """

    inputs: npt.NDArray[np.float32]
    columns: tuple[str, ...]
    indicated: tuple[str, ...]
    embedded: dict[str, int]
    made: tuple[Feature, ...]


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
    parts = encoder.named_transformers_
    made = (
        *_standardised(parts[NUMBERS], numeric),
        *_one_hot(parts[CATEGORIES], nominal),
        *(Feature(name, "missing") for name in indicated),
        *(Feature(name, "code", categories=tuple(every)) for name, every in coded.items()),
    )
    counts_of = {name: len(every) for name, every in coded.items()}
    return Features(inputs, tuple(one.column for one in made), tuple(indicated), counts_of, made)


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


def _standardised(encoder: Pipeline, numeric: Sequence[str]) -> list[Feature]:
    """How each number was made."""
    if not numeric:
        return []
    scaler = encoder[-1]
    rows = zip(numeric, scaler.mean_.tolist(), scaler.scale_.tolist(), strict=True)
    return [Feature(name, "number", mean, deviation) for name, mean, deviation in rows]


def _one_hot(encoder: OneHotEncoder, nominal: Sequence[str]) -> list[Feature]:
    """How the inputs of each category were made; those of a column that are rare come last."""
    if not nominal:
        return []
    found = []
    each = zip(nominal, encoder.categories_, encoder.infrequent_categories_, strict=True)
    for name, every, infrequent in each:
        rare = () if infrequent is None else tuple(infrequent.tolist())
        found += [(name, (one,)) for one in every.tolist() if one not in {*rare}]
        found += [(name, rare)] if rare else []
    return [Feature(name, "category", categories=cells) for name, cells in found]

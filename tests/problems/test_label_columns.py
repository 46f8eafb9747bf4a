"""Which columns hold classes, and which numbers."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from paretocli.problems.label_columns import labels_of

ROWS = {
    "train": np.arange(24),
    "val": np.arange(24, 32),
    "test": np.arange(32, 40),
}


def found(*texts):
    """The labels of a column that has these texts again and again."""
    cells = [texts[k % len(texts)] for k in range(40)]
    return labels_of(pd.Series(cells, name="a b", dtype=object), ROWS, Path("x.csv"))


@pytest.mark.parametrize(
    ("texts", "classes", "words"),
    [
        (("b", "a"), [1, 0], "a, b"),
        (("10", "9"), [1, 0], "9, 10"),
        (("1.0", "0", "1"), [1, 0, 1], "0, 1"),
        (("-1", "1"), [0, 1], "-1, 1"),
        (("1", "x", "y", "z"), [0, 1, 2, 3], "1, x, y, z"),
    ],
)
def test_classes_are_in_order(texts, classes, words):
    labels = found(*texts)
    assert labels.target[: len(classes)].tolist() == classes
    assert labels.words == f"a_b: {len(set(classes))} classes, in this order: {words}"
    assert labels.task.outputs == len(set(classes))
    assert list(labels.task.metrics) == ["accuracy"]
    assert labels.task.missing is None


def test_missing_classes_count_nowhere():
    labels = found("x", None, "y")
    assert labels.target[:3].tolist() == [0, -1, 1]
    assert labels.task.labelled(labels.target[:3]).tolist() == [True, False, True]


@pytest.mark.parametrize(
    "texts", [("0.5", "1", "2"), tuple(map(str, range(21))), ("1e-3", None, "3")]
)
def test_other_numbers_are_numbers(texts):
    labels = found(*texts)
    assert list(labels.task.metrics) == ["rmse", "r2"]
    assert labels.target.dtype == torch.float64
    expected = torch.tensor([float(t) if t else torch.nan for t in texts], dtype=torch.float64)
    assert torch.equal(labels.target[: len(texts)].nan_to_num(-9), expected.nan_to_num(-9))


def test_twenty_different_whole_numbers_are_classes_still():
    assert found(*map(str, range(20))).task.outputs == 20

"""Sizes that networks are held to, of what is asked for."""

from types import SimpleNamespace

import pandas as pd
import pytest

from paretocli.front.selection import Condition
from paretocli.planning.classification import Classification, ColumnClass
from paretocli.planning.held_sizes import held_by_classes, held_by_conditions

SPARSE = SimpleNamespace(config={"sparsity": True, "retrain_epochs": 3})
SIZE, MACS = "compact_parameters", "compact_macs"


@pytest.mark.parametrize(
    ("sign", "bound", "most"), [("<=", 2000, 2000), ("<=", 2000.5, 2000), ("<", 2000, 1999)]
)
def test_conditions_bound_sizes_from_above(sign, bound, most):
    others = [Condition(SIZE, ">=", 100.0), Condition("accuracy_left_val", "<=", 0.5)]
    assert held_by_conditions(SPARSE, [*others, Condition(SIZE, sign, bound)]) == {SIZE: most}
    tighter = [Condition(SIZE, sign, bound), Condition(SIZE, "<=", 50), Condition(MACS, "<=", 9)]
    assert held_by_conditions(SPARSE, tighter) == {SIZE: 50, MACS: 9}


@pytest.mark.parametrize("without", [{"sparsity": False}, {"retrain_epochs": 0}])
def test_nothing_is_held_where_no_rows_are_taken_away(without):
    sweep = SimpleNamespace(config={**SPARSE.config, **without})
    assert held_by_conditions(sweep, [Condition(SIZE, "<=", 5)]) == {}


@pytest.mark.parametrize(
    ("kind", "level", "limits"),
    [
        ("worsen", 3000.0, {SIZE: 3000}),
        ("worsen", None, {}),
        ("improve", 900.0, {SIZE: 900}),
        ("improve", None, {}),
        ("leave", None, {SIZE: 1200}),
    ],
)
def test_classes_bound_sizes_where_they_say_how_large(kind, level, limits):
    frame = pd.DataFrame({"point": [0, 1], "status": ["done"] * 2, SIZE: [5000, 1200]})
    results = SimpleNamespace(values=lambda names: frame[names].to_numpy(float))
    classes = (
        ColumnClass("accuracy_left_val", "improve", True, 0.9),
        ColumnClass(SIZE, kind, False, level),
    )
    assert held_by_classes(SPARSE, results, Classification(1, classes)) == limits

"""What problems say of their data: by that alone, inputs can be made again."""

import re

import numpy as np
import pandas as pd
import pytest

import paretocli.problems
from paretocli.core.description import Description, Feature
from paretocli.problems import adult, compas
from paretocli.problems.csv_table import make
from paretocli.problems.features import encoded
from paretocli.problems.table_form import TableForm
from tests.fair_tables import write_adult, write_compas
from tests.problems.test_features import PATH, ROWS, TRAINING, table
from tests.problems.test_table_fairness import write_table


def by_rules(frame, features):
    """Inputs (N, D), made of cells as the description says."""
    return np.column_stack([_input(frame[one.column], one) for one in features])


def _input(cells, one):
    if one.kind == "number":
        values = cells.astype(float).fillna(one.mean)
    elif one.kind == "missing":
        values = cells.isna().astype(float)
    else:
        texts = cells.fillna("?")
        if one.kind == "category":
            values = texts.isin(one.categories).astype(float)
        else:
            values = texts.map(lambda text: one.categories.index(text) + 1)
    return (values - one.mean) / one.deviation


def test_features_of_a_table():
    rng = np.random.default_rng(1)
    many = np.array([f"n{n}" for n in range(120)])
    frame = table(
        place=rng.choice(["a", "b", "c", "d"], ROWS).astype(object),
        many=rng.choice(many, ROWS).astype(object),
        same=np.full(ROWS, 3.0),
    )
    frame.loc[frame.index[[2, 9]], "x"] = np.nan
    frame.loc[frame.index[[4, 30]], "kind"] = None
    for form in ({}, {"embed": 3}, {"indicators": False}):
        found = encoded(frame, TRAINING, PATH, TableForm(**form))
        assert [one.column for one in found.made] == list(found.columns)
        seen = frame.iloc[TRAINING]  # no rule says anything of other cells
        inputs = found.inputs[TRAINING]
        np.testing.assert_allclose(by_rules(seen, found.made), inputs, atol=1e-5)


def test_rare_categories_are_one_input():
    cells = np.array([f"n{n:03}" for n in range(110)] + ["often"] * 90, dtype=object)
    frame = pd.DataFrame({"x": np.arange(200.0), "cell": cells})
    found = encoded(frame, np.arange(200), PATH, TableForm())
    assert len(found.made) == 101
    np.testing.assert_allclose(by_rules(frame, found.made), found.inputs, atol=1e-5)


@pytest.mark.parametrize("module", [adult, compas])
def test_features_of_known_tables(module, tmp_path):
    frame = (write_adult if module is adult else write_compas)(tmp_path)
    problem = module.make(tmp_path)
    said = problem.description
    assert [one.column for one in said.features] == list(problem.columns)
    assert said.groups.keys() == {"fair_sex"}
    if module is compas:
        (sentence,) = said.preparation
        assert sentence.startswith("score_text was made of decile_score: Low from 1 to 4, Medium")
        return
    frame.columns = [re.sub("-", "_", name) for name in frame.columns]
    frame = frame.replace("?", None).rename(columns={"educational_num": "education_num"})
    first, *others = said.preparation
    for name, word in re.findall(r"(\w+) ([\w-]+)[,.]", first.partition(": ")[2]):
        frame[name] = frame[name].fillna(word)
    for sentence in others:
        name, cells, word = re.fullmatch(r"In (\w+) (.+) became (.+)\.", sentence).groups()
        frame[name] = frame[name].replace(dict.fromkeys(cells.split(", "), word))
    assert len(others) == 4
    inputs = by_rules(frame, said.features)
    test = problem.test.inputs.numpy()
    assert all(np.abs(inputs - row).max(axis=1).min() < 1e-5 for row in test)


def test_classes_and_groups_have_names(tmp_path):
    write_table(tmp_path / "t.csv")
    said = make(str(tmp_path / "t.csv"), tmp_path, ("loan", "amount"), fair="sex").description
    assert said.classes == {"loan": ("no", "yes")}
    assert said.groups == {"fair_sex": ("f", "m")}
    assert said.preparation == ['A cell of categories that is missing counts as the text "?".']


def test_problems_of_ones_own_can_say_it():
    assert paretocli.problems.Description is Description
    assert paretocli.problems.Feature is Feature

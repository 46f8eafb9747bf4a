"""Columns of a table whose groups are to be treated alike."""

import json

import numpy as np
import pandas as pd
import pytest
import torch

from paretocli.errors import InputError
from paretocli.problems.csv_table import make
from tests.program import paretocli

TARGETS = ("--targets", "loan", "--fair", "sex")


def write_table(path, rows=150):
    rng = np.random.default_rng(0)
    x = rng.normal(size=rows)
    sex = rng.choice(["f", "m"], size=rows, p=[0.4, 0.6])
    frame = pd.DataFrame({"x": x, "sex": sex, "coded": np.where(sex == "m", "1", "0")})
    frame["loan"] = np.where(x + (sex == "m") + rng.normal(size=rows) > 0.5, "yes", "no")
    frame["amount"] = 10 + x
    frame["grade"] = rng.integers(0, 3, size=rows)
    frame["town"] = "Ulm"
    frame["name"] = [f"p{row}" for row in range(rows)]
    frame["yes_only"] = np.where(frame["loan"] == "yes", "f", frame["sex"])
    frame.loc[::10, ["sex", "coded"]] = "?"
    frame.loc[::15, "loan"] = "?"
    frame.to_csv(path, index=False)
    return pd.read_csv(path, na_values="?")


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    place = tmp_path_factory.mktemp("fair")
    return place / "t.csv", write_table(place / "t.csv")


def made(table, targets=("loan",), **form):
    path, _ = table
    return make(str(path), path.parent, targets, **form)


def test_groups_and_labels_are_those_of_the_table(table):
    _, frame = table
    problem = made(table, fair="sex", fair_notion="parity")
    assert problem.objectives == ("loan", "fair_sex")
    assert problem.tasks[1].of == "loan"
    targets = [data.targets[1] for data in problem.splits().values()]
    group, label = (torch.cat([t[name] for t in targets]) for name in ("group", "label"))
    for found, column, words in ((group, "sex", ["f", "m"]), (label, "loan", ["no", "yes"])):
        counts = [int((frame[column] == word).sum()) for word in words]
        assert [int((found == number).sum()) for number in range(2)] == counts
        assert int((found == -1).sum()) == frame[column].isna().sum()
    pairs = [((group == g) & (label == y)).sum().item() for g in (0, 1) for y in (0, 1)]
    assert pairs == frame.groupby(["sex", "loan"]).size().tolist()
    said = " ".join(problem.notes)
    assert "fair_sex: the difference of demographic parity in loan (yes) between the 2" in said
    assert "groups of sex, which stays a feature: f, m; the smallest rate is of" in said
    assert "rows, and a rate of so few is mostly chance; " in said
    assert "15 rows without a group count for none" in said
    assert problem.defaults.scale == "none"


def test_the_column_is_a_feature_unless_it_is_left_out(table):
    with_it = made(table, fair="sex")
    without = made(table, fair="sex", fair_feature=False)
    assert {*with_it.columns} - {*without.columns} == {"sex"}
    assert "sex, which is no feature" in " ".join(without.notes)
    plain = made(table, ("loan", "amount"))
    assert {*with_it.columns} == {*plain.columns} | {"amount"}


def test_numbers_may_be_groups(table):
    words, numbers = (made(table, fair=name) for name in ("sex", "coded"))
    for one, other in zip(words.splits().values(), numbers.splits().values(), strict=True):
        assert torch.equal(one.targets[1]["group"], other.targets[1]["group"])
    assert "of coded, which stays a feature: 0, 1;" in " ".join(numbers.notes)


@pytest.mark.parametrize(
    ("targets", "form", "message"),
    [
        (["loan"], {"fair": "Sex"}, "has no column 'Sex' for --fair; did you mean 'sex'"),
        (["loan", "grade"], {"fair": "grade"}, "is a target and cannot hold the groups"),
        (["loan"], {"fair": "town"}, "column town of .* has 1 different values; --fair compares"),
        (["loan"], {"fair": "x"}, "column x of .* different values .* which are no groups"),
        (["loan"], {"fair": "name"}, "column name of .* which are no groups"),
        (["grade"], {"fair": "sex"}, "--fair sex is for a target of two classes"),
        (["loan"], {"fair": "yes_only"}, "training rows of .* fewer than two groups of yes_only"),
        (["loan"], {}, "Only loan is to be predicted"),
    ],
)
def test_what_holds_no_groups_is_refused(table, targets, form, message):
    with pytest.raises(InputError, match=message):
        made(table, targets, **form)


def test_a_sweep_reports_it_and_is_exported_without_it(table):
    path, _ = table
    given = ("sweep", "table:t.csv", *TARGETS, "--no-fair-feature", "--embed", 5)
    short = ("--points", 2, "--epochs", 2, "--no-sparsity", "--quiet", "--out", "run")
    done = paretocli(*given, *short, cwd=path.parent)
    assert done.returncode == 0, done.stderr
    run = path.parent / "run"
    config = json.loads((run / "sweep.json").read_text())["config"]
    assert config["objectives"] == ["loan", "fair_sex"]
    assert config["fair"] == "sex"
    assert config["fair_feature"] is False
    results = pd.read_csv(run / "results.csv")
    assert results["loss_fair_sex_test"].between(0, 1).all()
    assert results["equal_opportunity_difference_fair_sex_test"].between(0, 1).all()
    done = paretocli("export", "run", 0, "--format", "none", "--out", "small", cwd=path.parent)
    assert done.returncode == 0, done.stderr
    report = json.loads((path.parent / "small" / "export.json").read_text())
    assert {*report["largest_outputs"]} == {"loan"}


def test_the_plan_says_it_and_what_is_idle(table):
    path, _ = table
    given = ("sweep", "table:t.csv", "--targets", "loan,grade", "--fair-notion", "odds")
    done = paretocli(*given, "--dry-run", cwd=path.parent)
    assert done.returncode == 0, done.stderr
    assert "without --fair" in " ".join(done.stderr.split())
    done = paretocli("sweep", "vlmop2", "--fair", "sex", "--dry-run", cwd=path.parent)
    assert done.returncode == 2
    assert "--fair" in done.stderr

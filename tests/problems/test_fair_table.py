"""adult and compas: splits, encoding, network and losses as papers have them."""

import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.model_selection import train_test_split

from paretocli.errors import InputError
from paretocli.networks.building import build_network
from paretocli.problems import adult, compas
from paretocli.problems.catalogue import BUILT_IN
from paretocli.problems.fair_table import split_rows
from paretocli.problems.table_files import file_of, is_there
from tests.fair_tables import write_adult, write_compas
from tests.program import paretocli


def by_hand(features, numbers):
    """Inputs (N, D) of features without any missing, by the order of `split_rows`."""
    others = features.columns.drop(numbers)
    inputs = pd.get_dummies(features, columns=list(others), prefix_sep="=", dtype=float)
    train = inputs.iloc[split_rows(len(inputs))["train"]]
    return ((inputs - train.mean()) / train.std(ddof=0)).to_numpy()


def check(problem, inputs, label, group):
    rows = split_rows(len(inputs))
    for split, data in problem.splits().items():
        part = rows[split]
        np.testing.assert_allclose(data.inputs.numpy(), inputs[part], atol=1e-5)
        assert data.targets[0].tolist() == list(label[part])
        assert data.targets[1]["label"].tolist() == list(label[part])
        assert data.targets[1]["group"].tolist() == list(group[part])


def test_rows_are_split_as_the_papers_split_them():
    rest, test = train_test_split(np.arange(200), test_size=0.2, random_state=1)
    rows = split_rows(200)
    assert list(rows["test"]) == list(test)
    assert [len(part) for part in rows.values()] == [140, 20, 40]
    assert sorted(np.concatenate([*rows.values()])) == list(range(200))
    assert set(rows["train"]) < set(rest)


def test_adult(tmp_path):
    frame = write_adult(tmp_path)
    problem = adult.make(tmp_path)
    rich, man = frame["income"] == ">50K", frame["gender"] == "Male"
    frame = frame.replace(
        {
            "workclass": {"?": "Private"},
            "occupation": {"?": "Prof-specialty"},
            "native-country": {"?": "United-States"},
            "education": {"9th": "school left", "10th": "school left", "Some-college": "higher"},
            "marital-status": {
                "Widowed": "not married",
                "Divorced": "not married",
                "Married-civ-spouse": "married",
            },
        }
    )
    features = frame.drop(columns=["income", "gender"])
    numbers = list(features.select_dtypes("number"))
    check(problem, by_hand(features, numbers), rich.to_numpy(int), man.to_numpy(int))
    assert problem.objectives == BUILT_IN["adult"].tasks
    assert problem.tasks[1].of == "income"
    widths = {name: problem.columns.count(name) for name in problem.columns}
    assert list(widths.values()) == [1] * 6 + [2, 4, 2, 2, 3, 3, 2]
    assert "sex" not in widths


def test_labels_of_a_second_file_have_a_dot(tmp_path):
    frame = write_adult(tmp_path)
    labels = adult.make(tmp_path).test.targets[0]
    dotted = frame["income"] + np.where(frame.index % 2, ".", "")
    write_adult(tmp_path, income=dotted)
    assert adult.make(tmp_path).test.targets[0].equal(labels)


@pytest.mark.parametrize("stay", [False, True])
def test_compas(tmp_path, stay):
    given = {"length_of_stay": np.arange(200) % 9} if stay else {}
    frame = write_compas(tmp_path, **given)
    problem = compas.make(tmp_path)
    frame = frame[
        frame["days_b_screening_arrest"].between(-30, 30)
        & (frame["is_recid"] != -1)
        & (frame["c_charge_degree"] != "O")
    ]
    assert 50 < len(frame) < 150
    score = pd.cut(frame["decile_score"], [0, 4, 7, 10], labels=["Low", "Medium", "High"])
    numbers = ["age", "priors_count", "days_b_screening_arrest", "decile_score", "is_recid", *given]
    features = frame[[*numbers, "c_charge_degree", "race", "age_cat"]]
    inputs = by_hand(features.assign(score_text=score.astype(str)), numbers)
    label, man = frame["two_year_recid"].to_numpy(), (frame["sex"] == "Male").to_numpy(int)
    check(problem, inputs, label, man)
    assert problem.objectives == BUILT_IN["compas"].tasks
    assert not {"sex", "juv_fel_count", "two_year_recid"} & set(problem.columns)


def test_network_and_training_are_the_published_ones(tmp_path):
    write_compas(tmp_path)
    problem = compas.make(tmp_path)
    network = build_network("hps", problem, 0)
    shapes = [tuple(parameter.shape) for parameter in network.parameters()]
    inputs = problem.input_shape[0]
    assert shapes == [(60, inputs), (60,), (25, 60), (25,), (2, 25), (2,)]
    given = problem.defaults
    assert (given.points, given.epochs, given.batch_size, given.lr) == (25, 50, 256, 1e-3)
    assert (given.optimizer, given.schedule, given.scale) == ("adam", "constant", "payoff")
    label, fair = problem.tasks
    logits = torch.randn(len(problem.test), 2)
    truth, target = problem.test.targets
    p = logits.softmax(dim=1)[:, 1]
    entropy = torch.nn.functional.binary_cross_entropy(p, truth.float())
    torch.testing.assert_close(label.loss(logits, truth), entropy)
    sums = [(p.tanh() * (target["group"] == g) * (truth == 1)).sum() / len(p) for g in (0, 1)]
    torch.testing.assert_close(fair.loss(logits, target), (sums[0] - sums[1]).abs())


def test_a_category_that_training_has_not_seen_says_nothing(tmp_path):
    rows = split_rows(200)
    race = np.where(np.arange(200) % 2, "White", "Black").astype(object)
    race[rows["test"][0]] = "Rare"
    write_adult(tmp_path, race=race)
    problem = adult.make(tmp_path)
    parts = [place for place, name in enumerate(problem.columns) if name == "race"]
    assert len(parts) == 3
    assert all((data.inputs[:, parts[1]] == 0).all() for data in problem.splits().values())


def test_what_is_missing_is_said(tmp_path):
    write_adult(tmp_path)
    assert not any("issing" in note for note in adult.make(tmp_path).notes)
    age, sex = np.arange(200).astype(object), np.array(["Male", "Female"] * 100, dtype=object)
    age[::7], sex[::9] = "?", ""
    write_adult(tmp_path, age=age, gender=sex)
    problem = adult.make(tmp_path)
    assert "Missing numbers of age are the training mean." in problem.notes
    assert any("23 rows without a group count for none" in note for note in problem.notes)
    assert all(data.inputs.isfinite().all() for data in problem.splits().values())
    assert sum(int((d.targets[1]["group"] == -1).sum()) for d in problem.splits().values()) == 23


@pytest.mark.parametrize(
    ("write", "columns", "message"),
    [
        (write_adult, {"age": "old"}, r"Line 2 of .*adult.csv holds 'old' in column age"),
        (write_adult, {"sex": "Male"}, r"has the columns gender and sex, which are both taken"),
        (write_adult, {"gender": "Male"}, r"column sex of .* has 1 different values"),
        (write_adult, {"income": "<=50K"}, r"income of .* is <=50K in all .* training rows"),
        (write_compas, {"days_b_screening_arrest": 99}, r"no row whose days_b_screening_arrest"),
        (write_compas, {"two_year_recid": 1}, r"two_year_recid of .* is 1 in all"),
        (write_compas, {"is_recid": [0] * 9 + [-1] * 191}, r"has \d rows; at least 20"),
    ],
)
def test_other_tables_are_refused(write, columns, message, tmp_path):
    write(tmp_path, **columns)
    make = adult.make if write is write_adult else compas.make
    with pytest.raises(InputError, match=message):
        make(tmp_path)


def test_no_file_and_no_column(tmp_path):
    assert not is_there(tmp_path, "adult")
    done = paretocli("sweep", "adult", "--data-dir", tmp_path, "--out", "run", cwd=tmp_path)
    assert done.returncode == 2
    assert re.search(r"no file .*tables/adult.csv; put", " ".join(done.stderr.split()))
    assert not (tmp_path / "run").exists()
    frame = write_adult(tmp_path)
    assert is_there(tmp_path, "adult")
    frame.drop(columns="race").to_csv(file_of(tmp_path, "adult"), index=False)
    with pytest.raises(InputError, match=r"has no column race, which the problem adult needs"):
        adult.make(tmp_path)


def test_a_sweep(tmp_path):
    write_adult(tmp_path)
    short = ("--no-sparsity", "--points", 2, "--epochs", 1, "--data-dir", tmp_path, "--out", "run")
    done = paretocli("sweep", "adult", *short, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(tmp_path / "run" / "results.csv")
    assert table["loss_income_test"].between(0.3, 2).all()
    assert table["counted_difference_fair_sex_test"].between(0, 1).all()


@pytest.mark.parametrize(("name", "inputs"), [("adult", 88), ("compas", 19)])
def test_the_real_tables(name, inputs):
    named = Path(os.environ.get("PARETOCLI_DATA", ""))
    if not is_there(named, name):
        pytest.skip(f"needs tables/{name}.csv in the folder that PARETOCLI_DATA names")
    problem = (adult if name == "adult" else compas).make(named)
    assert problem.input_shape == (inputs,)
    sizes = tuple(len(data) for data in problem.splits().values())
    assert sizes == BUILT_IN[name].sizes

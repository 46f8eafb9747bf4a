"""What baselines reach, against exact constants and scikit-learn called directly."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody uses
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge
from sklearn.metrics import accuracy_score, log_loss, mean_poisson_deviance, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from paretocli.baselines import models
from paretocli.baselines.labelled import Labelled
from paretocli.baselines.learned import baselines_of
from paretocli.core.prediction import Classes, Number
from paretocli.core.problem import Problem, Samples, Task
from paretocli.problems.loading import load_problem
from paretocli.problems.table_form import TableForm
from paretocli.problems.tabular import tabular
from paretocli.reading.lazy import LazySamples

ROWS = 300
TARGETS = ("kind", "sold", "price", "visits")


@pytest.fixture(autouse=True, scope="module")
def as_many_trees_as_ever(few_trees):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models.Trees, "COUNT", few_trees)
        yield


def frame():
    """Classes of three kinds, two rare ones with labels missing, a number and a count."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, ROWS))
    sold = np.where(x + y > 1.5, "yes", "no").astype(object)
    sold[::9] = None
    price = 100 + 5 * x * y
    price[::7] = np.nan
    return pd.DataFrame(
        {
            "x": x,
            "y": y,
            "kind": np.digitize(x, [-1.0, 0.5]).astype(float),
            "sold": sold,
            "price": price,
            "visits": rng.poisson(np.exp(1 + 0.5 * x)).astype(float),
        },
        index=range(2, ROWS + 2),
    )


def made(**form):
    kinds = {"visits": "count", "kind": "class", "price": "number"}
    return tabular(frame(), TARGETS, name="t", path=Path("t.csv"), form=TableForm(kinds, **form))


def learned(problem):
    found = baselines_of(problem)
    return {one["name"]: one["figures"] for one in found.baselines}, found


@pytest.fixture(scope="module")
def plain():
    return made()


@pytest.fixture(scope="module")
def figures(plain):
    return learned(plain)[0]


def arrays(problem, split, task):
    """Features and labels of a split's labelled rows, and which these are."""
    samples = problem.splits()[split]
    labels = samples.targets[TARGETS.index(task)].numpy()
    there = labels >= 0 if labels.dtype == np.int64 else ~np.isnan(labels)
    return samples.inputs.numpy()[there], labels[there]


def test_constants_are_exact(plain, figures):
    constant = figures["constant"]
    for name in ("kind", "sold"):
        (_, train), (_, test) = (arrays(plain, split, name) for split in ("train", "test"))
        shares = np.bincount(train) / len(train)
        loss = -np.log(shares)[test].mean()
        assert constant[f"loss_{name}_test"] == pytest.approx(loss, rel=1e-4)
        assert constant[f"accuracy_{name}_test"] == pytest.approx((test == shares.argmax()).mean())
        assert constant[f"auroc_{name}_test"] == 0.5
    train, test = (arrays(plain, split, "price")[1] for split in ("train", "test"))
    rmse = math.sqrt(np.square(test - train.mean()).mean())
    assert constant["rmse_price_test"] == pytest.approx(rmse, rel=1e-5)
    assert constant["loss_price_train"] == pytest.approx(1, rel=1e-5)
    assert constant["r2_price_train"] == pytest.approx(0, abs=1e-5)
    train, test = (arrays(plain, split, "visits")[1] for split in ("train", "test"))
    deviance = mean_poisson_deviance(test, np.full(len(test), train.mean()))
    assert constant["deviance_visits_test"] == pytest.approx(deviance, rel=1e-5)


def logistic():
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))


@pytest.mark.parametrize(
    ("name", "of_classes", "of_numbers", "of_counts"),
    [
        (
            "linear",
            logistic,
            lambda: make_pipeline(StandardScaler(), Ridge()),
            lambda: make_pipeline(StandardScaler(), PoissonRegressor(alpha=1 / 180, max_iter=1000)),
        ),
        (
            "trees",
            lambda: HistGradientBoostingClassifier(random_state=0),
            lambda: HistGradientBoostingRegressor(random_state=0),
            lambda: HistGradientBoostingRegressor(loss="poisson", random_state=0),
        ),
    ],
)
def test_models_are_those_of_scikit_learn(plain, figures, name, of_classes, of_numbers, of_counts):
    found = figures[name]
    for task in ("kind", "sold"):
        model = of_classes().fit(*arrays(plain, "train", task))
        features, labels = arrays(plain, "test", task)
        shares = model.predict_proba(features)
        assert found[f"loss_{task}_test"] == pytest.approx(
            log_loss(labels, shares), rel=1e-4, abs=1e-6
        )
        accuracy = accuracy_score(labels, model.predict(features))
        assert found[f"accuracy_{task}_test"] == pytest.approx(accuracy)
    assert found["auroc_sold_test"] == pytest.approx(roc_auc_score(labels, shares[:, 1]))
    model = of_numbers().fit(*arrays(plain, "train", "price"))
    features, labels = arrays(plain, "test", "price")
    assert found["r2_price_test"] == pytest.approx(model.score(features, labels), abs=1e-4)
    model = of_counts().fit(*arrays(plain, "train", "visits"))
    features, labels = arrays(plain, "test", "visits")
    deviance = mean_poisson_deviance(labels, model.predict(features))
    assert found["deviance_visits_test"] == pytest.approx(deviance, rel=1e-4)


def test_classes_count_as_in_the_loss():
    problem = made(class_weights="balanced")
    figures, _ = learned(problem)
    features, labels = arrays(problem, "train", "sold")
    model = logistic()
    weights = problem.tasks[1].weights(torch.from_numpy(labels)).numpy()
    model.fit(features, labels, logisticregression__sample_weight=weights)
    features, labels = arrays(problem, "val", "sold")
    of_each = [-np.log(model.predict_proba(features)[labels == one, one]).sum() for one in (0, 1)]
    own = problem.tasks[1].weights(torch.tensor([0, 1])).numpy()
    counts = np.bincount(labels)
    expected = (own @ of_each) / (own @ counts)
    assert figures["linear"]["loss_sold_val"] == pytest.approx(expected, rel=1e-4)
    # Balanced, the constant loss is ln 2 wherever; what is predicted is the more frequent class.
    assert figures["constant"]["loss_sold_val"] == pytest.approx(math.log(2), abs=1e-4)
    assert figures["constant"]["accuracy_sold_val"] == pytest.approx(counts[0] / counts.sum())


@pytest.mark.parametrize("weights", [np.ones(ROWS), np.linspace(0.1, 3, ROWS)], ids=["1", "any"])
def test_trees_take_the_weights_of_rows(weights):
    features = np.random.default_rng(0).normal(size=(ROWS, 2))
    labels = features.prod(axis=1)
    task = Labelled("a", Number(), np.arange(ROWS), labels, weights)
    found = models.Trees().learned(task, features, ROWS)(features)
    theirs = HistGradientBoostingRegressor(early_stopping=False, random_state=0)
    np.testing.assert_array_equal(
        found, theirs.fit(features, labels, sample_weight=weights).predict(features)
    )


def test_fairness_is_that_of_the_models_and_of_a_constant_none():
    table = frame().assign(group=np.where(np.arange(ROWS) % 2, "a", "b").astype(object))
    form = TableForm(fair="group", fair_notion="parity")
    problem = tabular(table, ("sold",), name="t", path=Path("t.csv"), form=form)
    figures, _ = learned(problem)
    name = "demographic_parity_difference_fair_group_test"
    assert figures["constant"][name] == 0
    assert 0 < figures["trees"][name] < 1
    assert figures["constant"]["loss_fair_group_test"] == pytest.approx(0, abs=1e-6)


def test_pictures_and_functions_have_no_models():
    figures, _ = learned(load_problem("multidigits", Path()))
    assert set(figures) == {"constant"}
    assert figures["constant"]["loss_left_train"] == pytest.approx(math.log(10), abs=0.01)
    assert learned(load_problem("vlmop2", Path()))[1].baselines == []


def test_large_tables_are_sampled_and_too_large_ones_left_out(plain, monkeypatch):
    monkeypatch.setattr("paretocli.baselines.learned.FEW", 100)
    problem = made()
    width = problem.train.inputs.shape[1]
    monkeypatch.setattr(models.Trees, "WORK", (models.Trees.BINS + 120) * width * 6)
    _, found = learned(problem)
    trees = found.baselines[2]
    assert trees["sampled"]["kind"] == [120, 180]
    assert "sampled" not in found.baselines[1]
    monkeypatch.setattr(models.Trees, "WORK", 1)
    figures, found = learned(problem)
    assert set(figures) == {"constant", "linear"}
    assert found.notes == ["No boosted trees: there are too many columns and tasks for that."]


def own(targets, tasks, inputs=None):
    count = len(targets[0])
    inputs = torch.arange(2.0 * count).reshape(count, 2) if inputs is None else inputs
    samples = Samples(inputs, tuple(targets))
    return Problem(name="own", tasks=tasks, train=samples, val=samples, test=samples)


def test_what_does_not_fit_is_said_and_left_out():
    labels = torch.tensor([0, 1, 2, 1] * 10)
    wrong = Task("wrong", F.cross_entropy, outputs=2, prediction=Classes(2))
    right = Task("right", F.mse_loss, prediction=Number())
    unknown = Task("unknown", F.huber_loss)
    number = labels.float().unsqueeze(1)
    figures, found = learned(own((labels, number, number), (wrong, right, unknown)))
    assert found.notes == [
        "No baselines of wrong: its training labels are not whole numbers below 2."
    ]
    assert figures["constant"]["loss_right_val"] == pytest.approx(0.5)
    assert not any("unknown" in column or "wrong" in column for column in figures["constant"])
    single = own((torch.ones(40).long(),), (Task("a", F.cross_entropy, prediction=Classes(2)),))
    figures, found = learned(single)
    assert figures["linear"] == {}
    assert found.notes == [
        f"No {what} for a: all of its rows are of one class."
        for what in ("linear model", "boosted trees")
    ]


def test_a_class_that_training_lacks_costs_much_but_has_a_figure():
    train = Samples(torch.randn(60, 2), (torch.arange(60) % 2,))
    test = Samples(torch.randn(60, 2), (torch.arange(60) % 3,))
    task = Task("a", F.cross_entropy, outputs=3, prediction=Classes(3))
    figures, _ = learned(Problem(name="p", tasks=[task], train=train, val=test, test=test))
    for one in figures.values():
        assert 10 < one["loss_a_test"] < 13  # a third at −ln 10⁻¹⁵


def test_data_that_is_read_as_needed_has_none():
    data = LazySamples([(torch.zeros(2), torch.tensor(k % 2)) for k in range(20)], workers=0)
    task = Task("a", F.cross_entropy, outputs=2, prediction=Classes(2))
    _, found = learned(Problem(name="p", tasks=[task], train=data, val=data, test=data))
    assert found.baselines == []
    assert found.notes == ["No baselines: the data are read as they are needed."]

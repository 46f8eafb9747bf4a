"""Confidence intervals of test metrics, against resamples that are drawn by hand."""

import math
import warnings
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.metrics import roc_auc_score

from paretocli.core.description import Description
from paretocli.core.prediction import Classes
from paretocli.core.problem import Metric, Problem, Samples, Task
from paretocli.exporting.handing_over import group_figures, intervals
from paretocli.exporting.handing_over.each_sample import samples_of
from paretocli.exporting.handing_over.intervals import (
    RESAMPLES,
    SEED,
    Figure,
    figures_with_intervals,
)
from paretocli.exporting.handing_over.recalls import recalls
from paretocli.exporting.handing_over.tested_on import limits_of, what_was_tested
from paretocli.problems.regression import Scale, regression

N = 60
OF_WHOLE = 60


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Metrics of a whole split are slow, and as exact of fewer resamples."""
    for module in (intervals, group_figures):
        monkeypatch.setattr(module, "OF_WHOLE", OF_WHOLE)


def loss(output, target):
    return torch.nn.functional.cross_entropy(output, target)


def correct(output, target):
    return (output.argmax(dim=1) == target).float()


def mean_correct(output, target):
    return float(correct(output, target).mean())


def auroc(output, target):
    return roc_auc_score(target.numpy(), (output[:, 1] - output[:, 0]).numpy())


def at_least_one(output, target):
    """What a batch has, which is no mean over samples."""
    return correct(output, target).max()


WHOLE = {"auroc": Metric.whole(auroc)}


def made(tasks, targets, batch=23, description=None, inputs=None):
    torch.manual_seed(1)
    inputs = torch.randn(N, 2) if inputs is None else inputs
    samples = Samples(inputs, targets)
    return Problem(
        name="made",
        tasks=tasks,
        train=samples,
        val=samples,
        test=samples,
        evaluation_batch=batch,
        description=description or Description(),
    )


def classes(seed=0, missing=()):
    target = torch.from_numpy(np.random.default_rng(seed).integers(0, 2, N))
    target[list(missing)] = -1
    return target


def looked_at(problem, measured=None):
    """Its samples and figures, where outputs are the inputs for all tasks."""
    own = [task for task in problem.tasks if task.of is None]

    def function(inputs):
        return [inputs] * len(own)

    samples = samples_of(problem, function, [problem.test.inputs[:2]] * len(own))
    whole = np.arange(len(problem.test))
    found = {
        f"{n}_{one.task.name}": one.figure(n, whole) for one in samples for n in one.task.metrics
    }
    return samples, figures_with_intervals(found | (measured or {}), samples)


def drawn(count=RESAMPLES):
    generator = np.random.default_rng(SEED)
    return [generator.integers(0, N, N) for _ in range(count)]


def middle(values):
    return pytest.approx(np.quantile(values, [0.025, 0.975]).tolist(), rel=1e-6)


@pytest.mark.parametrize("function", [correct, mean_correct, Metric.mean(correct)])
def test_of_a_mean(function):
    problem = made([Task("a", loss, {"accuracy": function})], (classes(),))
    _, figures = looked_at(problem)
    right = correct(problem.test.inputs, problem.test.targets[0]).numpy()
    figure = figures["accuracy_a"]
    assert figure.value == pytest.approx(right.mean())
    assert [figure.low, figure.high] == middle([right[rows].mean() for rows in drawn()])
    assert (figure.resamples, figure.undefined, figure.reason) == (RESAMPLES, 0, "")
    # By somebody else, with other resamples.
    other = stats.bootstrap((right,), np.mean, method="percentile", rng=1).confidence_interval
    assert [figure.low, figure.high] == pytest.approx([other.low, other.high], abs=0.03)


def test_of_what_follows_from_means_over_all_of_a_split():
    target = torch.randn(N, generator=torch.Generator().manual_seed(3)).double()
    target[5:9] = torch.nan
    task = regression("y", Scale(0.5, 2.0))
    problem = made([task], (target,), inputs=torch.randn(N, 1))
    _, figures = looked_at(problem)
    there = ~target.isnan().numpy()
    predicted = 0.5 + 2 * problem.test.inputs.squeeze(1).double().numpy()
    error = (predicted - target.numpy()) ** 2

    def rmse(rows):
        return math.sqrt(error[rows[there[rows]]].mean())

    def r2(rows):
        kept = rows[there[rows]]
        return 1 - error[kept].mean() / target.numpy()[kept].var()

    for name, function in (("rmse_y", rmse), ("r2_y", r2)):
        found = figures[name]
        assert found.value == pytest.approx(function(np.arange(N)), rel=1e-5)
        low, high = np.quantile([function(rows) for rows in drawn()], [0.025, 0.975])
        assert [found.low, found.high] == pytest.approx([low, high], rel=1e-4)


def test_samples_are_drawn_and_not_labels():
    missing = range(0, N, 3)
    tasks = [
        Task("a", loss, {"accuracy": correct, **WHOLE}, missing=-1),
        Task("b", loss, {"accuracy": correct, **WHOLE}),
        Task("c", loss, {"accuracy": correct, **WHOLE}),
    ]
    problem = made(tasks, (classes(missing=missing), classes(), classes()))
    _, figures = looked_at(problem)
    assert figures["accuracy_b"] == figures["accuracy_c"]  # the same samples for both
    assert figures["auroc_b"] == figures["auroc_c"]
    there = np.setdiff1d(np.arange(N), missing)
    right = correct(problem.test.inputs, problem.test.targets[1]).numpy()
    kept = [rows[np.isin(rows, there)] for rows in drawn()]
    found = figures["accuracy_a"]
    assert [found.low, found.high] == middle([right[rows].mean() for rows in kept])
    output, target = problem.test.inputs, problem.test.targets[1]
    found = figures["auroc_a"]
    assert found.resamples == OF_WHOLE
    assert [found.low, found.high] == middle(
        [auroc(output[rows], target[rows]) for rows in kept[:OF_WHOLE]]
    )


def test_a_metric_that_a_resample_has_none_of():
    target = torch.zeros(N, dtype=torch.int64)
    target[:2] = 1  # of which about every seventh resample has none
    problem = made([Task("a", loss, WHOLE)], (target,))
    _, figures = looked_at(problem)
    without = sum(not (rows < 2).any() for rows in drawn(OF_WHOLE))
    assert 2 < without < 20
    assert figures["auroc_a"].undefined == without
    assert figures["auroc_a"].low is not None
    target[1] = 0
    generator = np.random.default_rng(SEED)
    seldom = sum(not (generator.integers(0, N, N) < 1).any() for _ in range(OF_WHOLE))
    figure = looked_at(made([Task("a", loss, WHOLE)], (target,)))[1]["auroc_a"]
    assert figure.undefined == seldom
    never = made([Task("a", loss, WHOLE)], (torch.zeros(N, dtype=torch.int64),))
    figure = looked_at(never)[1]["auroc_a"]
    assert (figure.value, figure.low, figure.resamples) == (None, None, 0)
    assert figure.reason == "The metric has no value on the test data."


def test_what_is_no_mean_over_samples_has_no_interval():
    problem = made([Task("a", loss, {"any": at_least_one})], (classes(),))
    _, figures = looked_at(problem, {"any_a": 1.0})
    figure = figures["any_a"]
    assert (figure.value, figure.low) == (1.0, None)
    assert "and not 1, so that drawing samples again says nothing" in figure.reason


def of_two(output, target):
    assert len(output) > 1
    return float(correct(output, target).mean())


def test_what_takes_no_single_sample_has_no_interval():
    problem = made([Task("a", loss, {"two": of_two})], (classes(),))
    figure = looked_at(problem, {"two_a": 0.5})[1]["two_a"]
    assert (figure.value, figure.low) == (0.5, None)
    assert figure.reason.startswith("Worked out sample by sample it is nan and not 0.5")


def fair(output, target):
    return float(target["group"].float().mean())


def test_classes_and_groups_of_which_there_are_few():
    group = torch.zeros(N, dtype=torch.int64)
    group[:7] = 1
    label = classes(missing=[0, 1])
    tasks = [
        Task("a", loss, {"accuracy": correct}, missing=-1, prediction=Classes(3), outputs=3),
        Task("f", lambda o, t: o.mean(dim=1), {"share": Metric.whole(fair)}, of="a"),
    ]
    description = Description(classes={"a": ("no", "yes", "never")}, groups={"f": ("x", "y", "z")})
    problem = made(
        tasks,
        (label, {"group": group, "label": label}),
        description=description,
        inputs=torch.randn(N, 3),
    )
    samples, figures = looked_at(problem)
    measured = {name: figure.value for name, figure in figures.items()}
    tested = what_was_tested(problem, samples, measured)
    counts = torch.bincount(label[2:], minlength=3).tolist()
    assert tested["a"].classes == dict(zip(("no", "yes", "never"), counts, strict=True))
    assert tested["f"].groups == {"x": N - 7, "y": 7, "z": 0}
    right = correct(problem.test.inputs, label)
    kept = (label >= 0).numpy()
    for name, number in (("x", 0), ("y", 1)):
        figure, of_group = (
            tested["f"].by_group[name]["accuracy_a"],
            (group == number).numpy() & kept,
        )
        assert figure.value == pytest.approx(float(right[of_group].mean()))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            means = np.array([float(right[rows[of_group[rows]]].mean()) for rows in drawn()])
        assert [figure.low, figure.high] == middle(means[~np.isnan(means)])
        assert figure.undefined == np.isnan(means).sum()
    assert tested["f"].by_group["z"]["accuracy_a"].value is None
    said = " ".join(limits_of("made", tested, N))
    assert "58 of 60 test samples have a label of a." in said
    assert "No test sample is of these classes of a: never; nothing is known of them." in said
    assert "Fewer than 30 test samples are of these groups of f: y (7)." in said
    assert "No groups of samples are told apart" not in said


def test_groups_have_no_figure_that_is_no_mean_of_their_samples():
    label, group = classes(), torch.arange(N) % 2
    tasks = [
        Task("a", loss, {"best": at_least_one, **WHOLE}, prediction=Classes(2)),
        Task("f", lambda o, t: o.mean(dim=1), {"share": Metric.whole(fair)}, of="a"),
    ]
    description = Description(groups={"f": ("x", "y")})
    problem = made(tasks, (label, {"group": group, "label": label}), description=description)
    samples, figures = looked_at(problem, {"best_a": 1.0})
    measured = {name: figure.value for name, figure in figures.items()}
    found = what_was_tested(problem, samples, measured)["f"].by_group["y"]
    assert found["best_a"] == Figure(None, reason=figures["best_a"].reason)
    rows = np.flatnonzero(group)
    assert found["auroc_a"].value == pytest.approx(samples[0].figure("auroc", rows))
    shares = [samples[0].figure("auroc", r[r % 2 == 1]) for r in drawn(OF_WHOLE)]
    assert [found["auroc_a"].low, found["auroc_a"].high] == middle(shares)


def test_recall_by_class():
    label = torch.from_numpy(np.random.default_rng(0).integers(0, 3, N))
    label[:3] = torch.tensor([-1, 3, 3])  # without a label, and of the rarest class
    inputs = torch.randn(N, 5, generator=torch.Generator().manual_seed(2)) + 3 * torch.eye(5)[label]
    inputs[4, 0] = torch.nan
    task = Task("a", loss, {}, missing=-1, prediction=Classes(5), outputs=5)
    names = ("no", "yes", "perhaps", "rarely", "never")
    problem = made([task], (label,), description=Description(classes={"a": names}), inputs=inputs)
    samples, _ = looked_at(problem)
    found = what_was_tested(problem, samples, {})["a"].recall
    assert [*found] == [*names]
    right = inputs.argmax(dim=1) == label
    right[4] = False
    for number, name in enumerate(names[:4]):
        of_class = (label == number).numpy()
        hits = right.numpy() & of_class
        assert found[name].value == pytest.approx(hits.sum() / of_class.sum())
        with np.errstate(invalid="ignore"):
            shares = np.array([hits[rows].sum() / of_class[rows].sum() for rows in drawn()])
        there = shares[~np.isnan(shares)]
        assert [found[name].low, found[name].high] == middle(there)
        assert found[name].undefined == len(shares) - len(there)
    assert found["rarely"].undefined > 0
    assert found["never"].value is None
    assert found["never"].reason == "No test sample is of this class."
    (one,) = samples
    assert recalls(one, [*names[:4], "no"]) == recalls(one, [f"{n}" for n in range(21)]) == {}
    assert recalls(replace(one, predicted=None), names) == {}


def test_figures_are_those_of_any_batch():
    tasks = [Task("a", loss, {"accuracy": partial(correct), **WHOLE})]
    found = [looked_at(made(tasks, (classes(),), batch=batch))[1] for batch in (7, N)]
    assert found[0] == found[1]

"""Indicators of sweeps, against the same library called by hand."""

import math

import moocore
import numpy as np
import pandas as pd
import pytest

from paretocli.front.comparison import INDICATORS, compare
from paretocli.front.measure import chosen_columns, loss_columns, stored_box, union_box
from paretocli.front.sweeps import read_sweep
from tests.runs import write_run

IDEAL, REFERENCE = np.array([0.1, 0.0]), np.array([1.1, 2.0])


def random_front(seed, count):
    angles = np.random.default_rng(seed).uniform(0, np.pi / 2, count)
    noise = np.random.default_rng(seed).uniform(0, 0.1, (count, 2))
    return [0.2, 0.1] + 0.8 * (1 - np.column_stack([np.cos(angles), np.sin(angles)])) + noise


@pytest.fixture
def runs(tmp_path):
    """Two methods with three seeds each, and one that gives one point."""
    made = []
    for seed in range(3):
        box = {"ideal": IDEAL + seed / 8, "reference": REFERENCE + seed}
        for k, (solver, count) in enumerate({"chebyshev": 9, "linear": 6, "mgda": 1}.items()):
            path = tmp_path / f"{solver}-{seed}"
            front = random_front(10 * k + seed, count)
            made.append(write_run(path, front, seed=seed, solver=solver, failed=k, **box))
    return made


def compared(paths, split="val"):
    sweeps = [read_sweep(path) for path in paths]
    columns = loss_columns(sweeps, split)
    return compare(sweeps, columns, stored_box(sweeps, columns, None, None))


def test_the_indicators_are_those_of_moocore(runs):
    found = compared(runs, "test")
    losses = {}
    for path in runs:
        table = pd.read_csv(path / "results.csv").query("status == 'done'")
        raw = table[["loss_f1_test", "loss_f2_test"]].to_numpy()
        losses[path] = (raw - IDEAL) / (REFERENCE - IDEAL)
    union = moocore.filter_dominated(np.concatenate(list(losses.values())))
    assert len(found.reference_set) == len(union)
    assert [method.name for method in found.methods] == ["chebyshev", "linear", "mgda"]
    for one in found.sweeps:
        mine = losses[one.sweep.path]
        assert one.indicators.hypervolume == pytest.approx(moocore.hypervolume(mine, ref=[1, 1]))
        assert one.indicators.igd_plus == pytest.approx(moocore.igd_plus(mine, ref=union))
        assert one.indicators.epsilon == pytest.approx(moocore.epsilon_additive(mine, ref=union))
        assert one.indicators.front_points == moocore.is_nondominated(mine).sum()
        assert one.indicators.seconds == pytest.approx(1.5 * (len(mine) + one.sweep.results.failed))


def test_statistics_are_over_the_seeds(runs):
    method = compared(runs).methods[0]
    assert [one.sweep.seed for one in method.sweeps] == [0, 1, 2]
    for name in INDICATORS:
        values = np.array([getattr(one.indicators, name) for one in method.sweeps])
        found = method.statistics(name)
        assert found.mean == pytest.approx(values.mean())
        assert found.std == pytest.approx(values.std(ddof=1))
        assert found.count == 3


def test_a_single_point_spans_nothing(runs):
    mgda = compared(runs).methods[2]
    assert mgda.values("span") == [0.0] * 3
    assert mgda.values("front_points") == [1.0] * 3
    assert mgda.statistics("spread").count == 0
    assert math.isnan(mgda.statistics("spread").mean)
    assert mgda.statistics("igd_plus").mean > 0


def test_the_company_is_all_that_the_order_of_sweeps_changes(runs):
    """The first one, which gives the box, stays; the others in any order give the same."""
    one, two = compared(runs), compared([runs[0], *reversed(runs[1:])])
    assert {m.name for m in two.methods} == {m.name for m in one.methods}
    for method in one.methods:
        (other,) = [other for other in two.methods if other.name == method.name]
        for name in INDICATORS:
            np.testing.assert_array_equal(other.values(name), method.values(name))
        if method.significance:
            assert other.significance.p_value == pytest.approx(method.significance.p_value)


def test_the_order_of_points_makes_no_difference(tmp_path):
    front = random_front(0, 12)
    rng = np.random.default_rng(1)
    a, b = tmp_path / "a", tmp_path / "b"
    first = compared([write_run(a, front)]).sweeps[0].indicators
    second = compared([write_run(b, rng.permutation(front))]).sweeps[0].indicators
    for name in INDICATORS:
        assert getattr(second, name) == pytest.approx(getattr(first, name), rel=1e-12)


def test_alone_a_front_is_its_own_reference(tmp_path):
    (only,) = compared([write_run(tmp_path / "a", [[0.25, 0.5], [0.5, 0.25], [0.9, 0.9]])]).sweeps
    found = only.indicators
    assert (found.igd_plus, found.epsilon, found.span, found.front_points) == (0, 0, 1, 2)
    # Of the unit box, 0.75 · 0.5 and 0.5 · 0.75, with 0.5 · 0.5 in common.
    assert found.hypervolume == pytest.approx(0.5)
    assert only.front.tolist() == [[0.25, 0.5], [0.5, 0.25]]


def test_by_hand_in_columns_that_are_better_higher(tmp_path):
    accuracies = {"accuracy_f1_val": [0.5, 0.75], "accuracy_f2_val": [0.75, 0.5]}
    run = write_run(tmp_path / "a", [[1.0, 1.0]] * 2, metrics=accuracies)
    sweeps = [read_sweep(run)]
    columns = chosen_columns(sweeps, ["accuracy_f1", "accuracy_f2"], "val")
    box = union_box([columns.costs(sweep) for sweep in sweeps], columns, [1.0, 1.0], [0.0, 0.0])
    (one,) = compare(sweeps, columns, box).sweeps
    assert one.indicators.hypervolume == pytest.approx(0.5)
    assert sorted(one.front.tolist()) == [[0.5, 0.75], [0.75, 0.5]]


def test_the_significance_is_that_of_the_hypervolume(runs):
    from scipy.stats import ttest_rel

    found = compared(runs)
    raw = [
        ttest_rel(method.values("hypervolume"), found.methods[0].values("hypervolume")).pvalue
        for method in found.methods[1:]
    ]
    low, high = sorted(raw)
    expected = {low: min(1, 2 * low), high: max(min(1, 2 * low), high)}
    assert found.methods[0].significance is None
    for method, p_value in zip(found.methods[1:], raw, strict=True):
        assert method.significance.test == "paired"
        assert method.significance.p_value == pytest.approx(expected[p_value])


def test_the_fill_distance_goes_by_the_true_front_of_a_known_problem(tmp_path):
    """Of zdt2, f_2 = 1 − f_1²; of two sweeps of something else, by what both have."""
    ends, all_but = [[0.0, 1.0], [1.0, 0.0]], [[0.0, 1.0], [0.5, 0.75], [1.0, 0.0]]
    box = {"ideal": [0.0, 0.0], "reference": [1.1, 1.1]}
    runs = {
        problem: [
            write_run(tmp_path / f"{problem}-{k}", points, problem=problem, lr=k + 0.1, **box)
            for k, points in enumerate((ends, all_but))
        ]
        for problem in ("zdt2", "toy")
    }
    x = np.linspace(0, 1, 20_001)
    curve = np.column_stack([x, 1 - x**2])
    known = compared(runs["zdt2"])
    assert known.true_front
    assert known.largest_hypervolume == pytest.approx((0.21 + 1 / 3) / 1.21)
    for one, points in zip(known.sweeps, (ends, all_but), strict=True):
        distances = np.linalg.norm(curve[:, None] - np.array(points)[None], axis=2) / 1.1
        assert one.indicators.fill_distance == pytest.approx(distances.min(axis=1).max(), rel=1e-3)
    united = compared(runs["toy"])
    assert not united.true_front
    assert united.largest_hypervolume is None
    hole = math.hypot(0.5, 0.25) / 1.1
    assert [one.indicators.fill_distance for one in united.sweeps] == pytest.approx([hole, 0])


def test_other_columns_than_the_losses_have_no_true_front(tmp_path):
    sizes = {"seconds_f1": [1.0, 2.0], "seconds_f2": [2.0, 1.0]}
    run = write_run(tmp_path / "a", [[0.0, 1.0], [1.0, 0.0]], problem="zdt2", metrics=sizes)
    sweeps = [read_sweep(run)]
    columns = chosen_columns(sweeps, list(sizes), "val", minimise=set(sizes))
    box = union_box([columns.costs(sweep) for sweep in sweeps], columns, None, None)
    assert not compare(sweeps, columns, box).true_front

"""The picture of hypervolumes as they converge."""

import dataclasses
import json
import math

import numpy as np
import pytest

from paretocli.errors import InputError
from paretocli.front import indicators
from paretocli.front.history import read_history
from paretocli.library.drawing import draw_history
from paretocli.plots.history_data import gather_histories
from paretocli.plots.history_figure import figure_histories, save_histories
from tests.front.test_history import CONFIG, line, without_test, write


def run(folder, name, *, factor=1.0, spent=2, epochs=4, data=None, unmeasured=(), **config):
    """A sweep of two points whose validation losses fall as factor / epoch.

    After some epochs the test split is not measured.
    """
    shared = {"weights": [[0.2, 0.8], [0.8, 0.2]]}
    lines = []
    for epoch in range(1, epochs + 1):
        size = factor / epoch
        losses = ((size, 2 * size), (2 * size, size))
        lines += [line(k, epoch, losses[k], spent * epoch, 3 * epoch) for k in (0, 1)]
    lines = without_test(lines, unmeasured)
    path = write(folder / name, {"0000-0001": lines}, config=CONFIG | shared | config, data=data)
    return read_history(path)


def known_as(known):
    return {split: np.array(known, dtype=bool) for split in ("val", "test")}


def gathered(histories, **options):
    return gather_histories(histories, "val", **options)


def test_sweeps_that_differ_in_their_seed_are_one_curve(tmp_path):
    data = gathered(
        [
            run(tmp_path, "a0"),
            run(tmp_path, "b0", factor=0.5, spent=1, transfer="split"),
            run(tmp_path, "a1", factor=0.8, seed=1),
        ]
    )
    none, split = data.curves
    assert (none.name, none.seeds) == ("transfer none", (0, 1))
    assert (split.name, split.seeds) == ("transfer split", (0,))
    own = [run(tmp_path, f"c{k}", factor=f) for k, f in enumerate((1.0, 0.8))]
    values = np.stack([history.hypervolume("val", data.box) for history in own])
    np.testing.assert_allclose(none.mean, values.mean(axis=0))
    np.testing.assert_allclose(none.std, values.std(axis=0, ddof=1))
    assert none.best.mean == pytest.approx(values.max(axis=1).mean())
    assert none.best.std == pytest.approx(values.max(axis=1).std(ddof=1))
    assert none.best.count == 2
    assert split.std.tolist() == [0] * 4


def test_the_cost_is_that_of_99_per_cent_of_the_first_ones_best(tmp_path):
    data = gathered(
        [
            run(tmp_path, "a"),
            run(tmp_path, "b", factor=0.25, spent=1, transfer="split"),
            run(tmp_path, "c", factor=1.5, transfer="neighbours"),
        ]
    )
    none, split, neighbours = data.curves
    assert none.cost.mean == 8
    # A quarter of the losses: there from the first epoch on.
    assert split.cost.mean == 1
    assert neighbours.cost.count == 0
    assert np.isnan(neighbours.cost.mean)


def test_seeds_are_compared_with_themselves(tmp_path):
    # The second seed is harder for both: each reaches its own rival's best at the end.
    data = gathered(
        [
            run(tmp_path, "a0"),
            run(tmp_path, "a1", factor=1.5, seed=1),
            run(tmp_path, "b0", transfer="split"),
            run(tmp_path, "b1", factor=1.5, transfer="split", seed=1),
        ]
    )
    assert [curve.cost.mean for curve in data.curves] == [8, 8]
    assert [curve.cost.count for curve in data.curves] == [2, 2]


def test_an_option_is_named_where_it_does_something(tmp_path):
    data = gathered(
        [
            run(tmp_path, "a", branch_at=[0.5]),
            run(tmp_path, "b", transfer="split", branch_at=[0.5]),
            run(tmp_path, "c", transfer="split", branch_at=[0.2, 0.5]),
        ]
    )
    names = [curve.name for curve in data.curves]
    assert names == [
        "transfer none",
        "transfer split, branch at 0.5",
        "transfer split, branch at 0.2, 0.5",
    ]


def test_the_test_split_is_reported_where_validation_is_best(tmp_path):
    history = run(tmp_path, "a")
    (curve,) = gathered([history]).curves
    assert curve.test_at_best.mean == pytest.approx(1.5 * 3.5 / 8)
    assert curve.name == "a"


def test_what_cannot_be_compared_is_refused(tmp_path):
    one = run(tmp_path, "a")
    with pytest.raises(InputError, match=r"has the objectives b, a, but .* has a, b"):
        gathered([one, run(tmp_path, "b", objectives=["b", "a"])])
    with pytest.raises(InputError, match=r"is of the problem other, but .* of toy"):
        gathered([one, run(tmp_path, "c", problem="other")])
    with pytest.raises(InputError, match=r"were made from other data: .* the train split differ;"):
        gathered([one, run(tmp_path, "d", seed=1, data={"train": "9"})])
    with pytest.raises(InputError, match="are the same sweep with the same seed"):
        gathered([one, one])


def test_another_version_of_the_users_own_code_is_said(tmp_path):
    for seed, code in enumerate("12"):
        run(tmp_path, f"a{seed}", seed=seed, data={"source": code})
    drawn = draw_history([tmp_path / "a0", tmp_path / "a1"], "val", tmp_path / "h.png")
    assert "a1 was made from another version of the problem's own file" in " ".join(drawn.hints)


def test_the_picture(tmp_path):
    data = gathered(
        [
            run(tmp_path, "a0"),
            run(tmp_path, "a1", factor=0.8, seed=1),
            run(tmp_path, "b", factor=0.5, spent=1, transfer="split"),
        ]
    )
    figure = figure_histories(data)
    left, right, below, other = figure.axes
    assert below.get_xlabel() == "subproblem-epochs spent"
    assert other.get_xlabel() == "seconds"
    assert below.get_ylabel() == "fill distance to the common front, in boxes"
    np.testing.assert_allclose(other.lines[1].get_xydata()[:, 1], data.curves[1].holes)
    assert left.get_ylabel() == "hypervolume, share of the box"
    np.testing.assert_allclose(left.lines[1].get_xydata()[:, 0], [1, 2, 3, 4])
    np.testing.assert_allclose(right.lines[0].get_xydata()[:, 0], [3, 6, 9, 12])
    np.testing.assert_allclose(left.lines[0].get_xydata()[:, 1], data.curves[0].mean)
    # A band for the one with two seeds alone.
    assert len(left.collections) == 1
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert words == ["transfer none (2 seeds, ± standard deviation)", "transfer split"]
    save_histories(data, tmp_path / "h.png")
    assert (tmp_path / "h.png").read_bytes().startswith(b"\x89PNG")


def test_holes_close_as_a_front_converges(tmp_path):
    """Against the best points of both, (0.125, 0.25) and (0.25, 0.125): the second one's last."""
    data = gathered([run(tmp_path, "a"), run(tmp_path, "b", factor=0.5, transfer="split")])
    none, split = data.curves
    assert not data.true_front
    for curve, factor in ((none, 1.0), (split, 0.5)):
        expected = []
        for size in (factor / epoch for epoch in (1, 2, 3, 4)):
            # The box is 2 wide and 4 high.
            to_first = [math.hypot((size - 0.125) / 2, (2 * size - 0.25) / 4)]
            to_first += [math.hypot((2 * size - 0.125) / 2, (size - 0.25) / 4)]
            to_second = [math.hypot((size - 0.25) / 2, (2 * size - 0.125) / 4)]
            to_second += [math.hypot((2 * size - 0.25) / 2, (size - 0.125) / 4)]
            expected.append(max(min(to_first), min(to_second)))
        np.testing.assert_allclose(curve.holes, expected)
        assert curve.hole_at_best.mean == pytest.approx(curve.holes[-1])
    assert split.holes[-1] == pytest.approx(0)


def test_the_true_front_counts_where_it_is_known(tmp_path):
    data = gathered([run(tmp_path, "a", problem="zdt2")])
    assert data.true_front
    x = np.linspace(0, 1, 20_001)
    curve = np.column_stack([x, 1 - x**2])
    last = np.array([[0.25, 0.5], [0.5, 0.25]])
    distances = np.linalg.norm((curve[:, None] - last[None]) / [2, 4], axis=2)
    assert data.curves[0].holes[-1] == pytest.approx(distances.min(axis=1).max(), rel=1e-3)
    assert "true front" in figure_histories(data).axes[2].get_ylabel()


def test_an_approximation_is_named(tmp_path, monkeypatch):
    assert gathered([run(tmp_path, "a")]).exact
    monkeypatch.setattr(indicators, "ALWAYS_EXACT", 1)
    data = gathered([run(tmp_path, "b")])
    assert "(approximated)" in figure_histories(data).axes[0].get_ylabel()


def test_a_history_that_stands_still_has_an_axis(tmp_path):
    data = gathered([run(tmp_path, "a", factor=100.0, epochs=2)])
    low, high = figure_histories(data).axes[0].get_ylim()
    assert low < 0 < high


def test_seeds_without_an_epoch_in_common_are_refused(tmp_path):
    seeds = [
        dataclasses.replace(run(tmp_path, name, seed=seed), known=known_as(known))
        for seed, (name, known) in enumerate((("a", [0, 0, 1, 1]), ("b", [1, 1, 0, 0])))
    ]
    with pytest.raises(InputError, match="have no epoch in which each has a hypervolume"):
        gathered(seeds)
    # Each by itself has a picture, and one without any has none.
    assert len(gathered(seeds[:1]).curves) == 1
    with pytest.raises(InputError, match="has no hypervolume in any epoch"):
        gathered([dataclasses.replace(seeds[0], known=known_as([0, 0, 0, 0]))])


def test_a_test_split_measured_now_and_then_is_drawn_where_it_was(tmp_path):
    one = run(tmp_path, "a", unmeasured={1, 3}, evaluate_every=2)
    other = run(tmp_path, "b", transfer="split")
    data = gather_histories([one, other], "test")
    left, right, below, _ = figure_histories(data).axes
    np.testing.assert_allclose(left.lines[0].get_xydata()[:, 0], [4, 8])
    np.testing.assert_allclose(left.lines[0].get_xydata()[:, 1], 1.5 * 3.5 / 8)
    np.testing.assert_allclose(right.lines[0].get_xydata()[:, 0], [6, 12])
    np.testing.assert_allclose(below.lines[0].get_xydata()[:, 0], [4, 8])
    assert left.lines[0].get_marker() == "."
    assert left.lines[1].get_marker() in ("", "None")
    assert len(left.lines[1].get_xydata()) == 4


def test_a_test_split_measured_at_the_end_alone_is_a_mark(tmp_path):
    seeds = [
        run(tmp_path, f"a{seed}", unmeasured={1, 2, 3}, evaluate_every=0, seed=seed)
        for seed in (0, 1)
    ]
    left = figure_histories(gather_histories(seeds, "test")).axes[0]
    np.testing.assert_allclose(left.lines[0].get_xydata(), [[8, 1.5 * 3.5 / 8]])
    assert left.lines[0].get_marker() == "."
    # The validation split is drawn as ever.
    assert len(figure_histories(gathered(seeds)).axes[0].lines[0].get_xydata()) == 4


def test_what_was_not_measured_in_the_best_epoch_is_not_reported(tmp_path):
    run(tmp_path, "a", unmeasured={1, 2, 4}, evaluate_every=3)
    drawn = draw_history([tmp_path / "a"], "val", tmp_path / "h.png")
    (one,) = drawn.report["inputs"]
    nothing = {"mean": None, "std": None, "count": 0}
    assert one["hypervolume_test_at_best"] == nothing
    assert one["best_hypervolume_val"]["count"] == 1
    json.dumps(drawn.report, allow_nan=False)


def test_a_sweep_without_any_test_figures_yet_says_so(tmp_path):
    running = run(tmp_path, "a", unmeasured={1, 2, 3, 4}, evaluate_every=0)
    assert len(gathered([running]).curves) == 1
    with pytest.raises(InputError, match=r"no epoch with the test losses.* draw --split val"):
        gather_histories([running], "test")

"""The pictures of a comparison: what methods attain, or their indicators."""

import numpy as np
import pytest

from paretocli.front.comparison import compare
from paretocli.front.measure import chosen_columns, loss_columns, stored_box, union_box
from paretocli.front.sweeps import read_sweep
from paretocli.plots.attainment_data import gather_attainment
from paretocli.plots.comparison_figure import figure_comparison, save_comparison
from paretocli.plots.indicators_data import gather_indicators
from tests.runs import write_run

# Three seeds of two methods; the last point of each front of five is dominated, and not drawn.
FRONTS = {
    "chebyshev": [
        [[0.1, 0.7], [0.3, 0.5], [0.5, 0.3], [0.7, 0.1], [0.9, 0.9]],
        [[0.1, 0.8], [0.3, 0.6], [0.6, 0.3], [0.8, 0.1], [0.9, 0.9]],
        [[0.2, 0.7], [0.4, 0.5], [0.5, 0.4], [0.7, 0.2], [0.7, 0.7]],
    ],
    "mgda": [[[0.4, 0.4]], [[0.45, 0.35]], [[0.35, 0.5]]],
}


def compared(tmp_path, fronts=FRONTS, *, seeds=3, columns=None, metrics=None, **settings):
    sweeps = [
        read_sweep(
            write_run(
                tmp_path / f"{solver}-{seed}",
                front,
                solver=solver,
                seed=seed,
                metrics=None if metrics is None else metrics(np.array(front)),
                **settings,
            )
        )
        for solver, several in fronts.items()
        for seed, front in enumerate(several[:seeds])
    ]
    if columns is None:
        measured = loss_columns(sweeps, "val")
        return compare(sweeps, measured, stored_box(sweeps, measured, None, None))
    measured = chosen_columns(sweeps, columns, "val")
    box = union_box([measured.costs(sweep) for sweep in sweeps], measured, None, None)
    return compare(sweeps, measured, box)


def attained_by(point, front):
    return any(np.all(np.asarray(one) <= point) for one in front)


def test_the_surfaces_are_what_one_half_and_all_of_the_seeds_attain(tmp_path):
    chebyshev, mgda = gather_attainment(compared(tmp_path)).methods
    assert (chebyshev.name, chebyshev.sweeps, chebyshev.few) == ("chebyshev", 3, False)
    for surface, wanted in ((chebyshev.best, 1), (chebyshev.median, 2), (chebyshev.worst, 3)):
        for x in np.arange(0.05, 1, 0.1):
            for y in np.arange(0.05, 1, 0.1):
                seeds = sum(attained_by((x, y), front) for front in FRONTS["chebyshev"])
                assert attained_by((x, y), surface) == (seeds >= wanted), (x, y, wanted)
    assert mgda.few
    assert mgda.points.tolist() == [[0.4, 0.4], [0.45, 0.35], [0.35, 0.5]]


def test_a_single_seed_is_its_own_surface(tmp_path):
    chebyshev, _ = gather_attainment(compared(tmp_path, seeds=1)).methods
    front = FRONTS["chebyshev"][0][:4]
    for surface in (chebyshev.best, chebyshev.median, chebyshev.worst):
        assert sorted(surface.tolist()) == front
    assert sorted(chebyshev.points.tolist()) == front


def test_surfaces_of_what_is_better_higher(tmp_path):
    found = compared(
        tmp_path,
        metrics=lambda f: {"accuracy_f1_val": 1 - f[:, 0], "parameters_kept": 1000 * f[:, 1]},
        columns=["accuracy_f1", "parameters_kept"],
    )
    data = gather_attainment(found)
    assert [axis.higher for axis in data.axes] == [True, False]
    plain = gather_attainment(compared(tmp_path / "losses")).methods[0]
    for name in ("best", "median", "worst"):
        turned = getattr(data.methods[0], name) / [1, 1000]
        turned[:, 0] = 1 - turned[:, 0]
        np.testing.assert_allclose(
            sorted(turned.tolist()), sorted(getattr(plain, name).tolist()), atol=1e-12
        )


def test_axes_hold_the_fronts_and_no_dominated_point(tmp_path):
    data = gather_attainment(compared(tmp_path))
    assert [(axis.low, axis.high) for axis in data.axes] == [(0.1, 0.8), (0.1, 0.8)]
    assert [axis.label for axis in data.axes] == ["Validation loss, f1", "Validation loss, f2"]
    assert data.title == "toy, validation split"


def test_lines_bands_and_marks(tmp_path, legible):
    found = compared(tmp_path)
    chebyshev, mgda = gather_attainment(found).methods
    figure = figure_comparison(found)
    (axes,) = figure.axes
    (line,) = axes.lines
    (band,) = axes.patches
    # The band has the area between what one and what all seeds attain.
    x, y = band.get_xy()[:-1].T
    right, top = axes.get_xlim()[1], axes.get_ylim()[1]
    fine = np.linspace(0, 1, 700, endpoint=False) + 1 / 1400
    grid = np.stack(np.meshgrid(fine * right, fine * top), axis=-1).reshape(-1, 2)
    seeds = sum(
        (np.asarray(front)[:, None] <= grid[None]).all(axis=2).any(axis=0).astype(int)
        for front in FRONTS["chebyshev"]
    )
    area = ((seeds > 0) & (seeds < 3)).mean() * right * top
    assert 0.5 * abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) == pytest.approx(
        area, abs=0.01
    )
    # The line ends at the worse ends of the axes, and marks stand at its corners.
    assert line.get_xydata()[0, 1] == pytest.approx(top)
    assert line.get_xydata()[-1, 0] == pytest.approx(right)
    marks = [np.asarray(one.get_offsets()).tolist() for one in axes.collections]
    assert marks == [chebyshev.median.tolist(), mgda.points.tolist()]
    words = legible(figure)
    for entry in (
        "chebyshev (3 seeds)",
        "mgda (3 seeds)",
        "what half of the seeds attain",
        "from best to worst seed",
        "at most 3 points a seed: all of them",
    ):
        assert entry in words


def test_single_seeds_have_staircases_alone(tmp_path, legible):
    figure = figure_comparison(compared(tmp_path, seeds=1))
    (axes,) = figure.axes
    assert not axes.patches
    assert len(axes.lines) == 1
    words = legible(figure)
    assert {"chebyshev", "mgda"} <= set(words)
    assert not any("seed" in word for word in words)


@pytest.mark.parametrize("count", [2, 8])
@pytest.mark.parametrize("objectives", [2, 3])
def test_many_methods_with_long_names_can_be_read(tmp_path, legible, count, objectives):
    rng = np.random.default_rng(0)
    fronts = {
        f"a-solver-with-a-rather-long-name-{k}": [
            np.sort(rng.random((6 if k % 2 else 1, objectives)), axis=0) for _ in range(2)
        ]
        for k in range(count)
    }
    for several in fronts.values():
        for front in several:
            front[:, 0] = front[::-1, 0]
    figure = figure_comparison(compared(tmp_path, fronts, seeds=2))
    words = "".join(legible(figure)).replace("\n", "").replace(" ", "")
    for name in fronts:
        assert name in words


def test_three_objectives_show_indicators_with_a_dot_a_seed(tmp_path, legible):
    fronts = {
        solver: [[[*point, 0.5] for point in front] for front in several]
        for solver, several in FRONTS.items()
    }
    found = compared(tmp_path, fronts)
    data = gather_indicators(found)
    assert data.methods == ("chebyshev", "mgda")
    assert [panel.label for panel in data.panels] == [
        "hypervolume, share of the box",
        "IGD+",
        "additive ε",
    ]
    assert [panel.higher for panel in data.panels] == [True, False, False]
    for panel, name in zip(data.panels, ("hypervolume", "igd_plus", "epsilon"), strict=True):
        assert panel.values == tuple(tuple(method.values(name)) for method in found.methods)
    figure = figure_comparison(found)
    for axes, panel in zip(figure.axes, data.panels, strict=True):
        for dots, bar, values in zip(axes.collections, axes.lines, panel.values, strict=True):
            assert tuple(np.asarray(dots.get_offsets())[:, 0]) == values
            np.testing.assert_allclose(bar.get_xdata(), [np.mean(values)] * 2)
    assert figure.axes[0].yaxis_inverted()
    assert {"chebyshev", "mgda", "one seed", "mean"} <= set(legible(figure))


def test_a_picture_is_written_in_the_format_of_its_name(tmp_path):
    found = compared(tmp_path)
    save_comparison(found, tmp_path / "a.svg")
    save_comparison(found, tmp_path / "a.png")
    assert "<svg" in (tmp_path / "a.svg").read_text()
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")

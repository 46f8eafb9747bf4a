"""Baselines in pictures of two columns."""

import json

import numpy as np
import pytest

from paretocli.front.results import read_results
from paretocli.plots.data import gather, loss_columns
from paretocli.plots.front_figure import figure_of
from tests.runs import write_run

COLUMNS = ["loss_f1_test", "loss_f2_test"]
IN_VIEW = dict(zip(COLUMNS, (0.5, 0.6), strict=True))
FAR = dict(zip(COLUMNS, (0.01, 5.0), strict=True))


def run(path, seed=0, **baselines):
    write_run(path, [[0.2, 0.8], [0.8, 0.2]], seed=seed)
    data = json.loads((path / "sweep.json").read_text())["data"]
    found = [{"name": name, "figures": figures} for name, figures in baselines.items()]
    note = {"recipe": 1, "data": data, "baselines": found, "notes": []}
    (path / "baselines.json").write_text(json.dumps(note))
    return read_results(path)


def legend(data):
    return [text.get_text() for text in figure_of(data).legends[0].get_texts()]


def test_those_in_view_are_marked_and_others_named_with_their_place(tmp_path):
    results = [run(tmp_path / "run", constant=FAR, linear=IN_VIEW, trees={"loss_f1_test": 0.1})]
    data = gather(results, loss_columns(results, "test"))
    assert set(data.baselines) == {"constant", "linear model"}
    figure = figure_of(data)
    marks = [line.get_xydata() for line in figure.axes[0].lines if line.get_linestyle() == "None"]
    np.testing.assert_allclose(np.concatenate(marks), [[0.5, 0.6]])
    assert legend(data)[-2:] == ["constant (outside: 0.01, 5)", "baseline: linear model"]
    low, high = figure.axes[0].get_ylim()
    assert 0 < low < high < 1  # the picture is no larger for them


@pytest.mark.parametrize(("other", "shown"), [(IN_VIEW, 1), (FAR, 0), ({}, 0)])
def test_inputs_have_to_agree_on_them(tmp_path, other, shown):
    results = [run(tmp_path / "a", linear=IN_VIEW), run(tmp_path / "b", seed=1, linear=other)]
    assert len(gather(results, COLUMNS).baselines) == shown


def test_those_without_a_figure_of_the_axes_are_left_out(tmp_path):
    results = [run(tmp_path / "a", constant={"loss_f1_test": 0.5, "loss_f2_test": None})]
    assert gather(results, COLUMNS).baselines == {}

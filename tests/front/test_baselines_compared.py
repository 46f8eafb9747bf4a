"""Baselines beside the fronts that are compared."""

import json

import pytest

from paretocli.front.baselines_compared import beside_all
from paretocli.library.comparing import compared
from tests.runs import write_run

FRONT = [[0.2, 0.8], [0.8, 0.2]]
CONSTANT = {"loss_f1_val": 0.25, "loss_f2_val": 0.25}


def write(path, losses=FRONT, baseline=CONSTANT, **config):
    write_run(path, losses, **config)
    if baseline is not None:
        data = json.loads((path / "sweep.json").read_text())["data"]
        content = {"name": "constant", "figures": baseline}
        note = {"recipe": 1, "data": data, "baselines": [content], "notes": []}
        (path / "baselines.json").write_text(json.dumps(note))
    return path


def found(*paths):
    return beside_all(compared(paths))


def failures(one):
    return [(front.name, baseline.name, places) for front, baseline, places in one.failures()]


def test_figures_are_means_over_seeds_and_baselines_those_of_the_data(tmp_path):
    one = write(tmp_path / "a", seed=0)
    other = write(tmp_path / "b", [[0.4, 0.8], [0.8, 0.2]], seed=1, baseline=None)
    beside = found(one, other)
    (front,) = beside.fronts
    assert front.val.tolist() == pytest.approx([0.3, 0.2])
    assert [row.val.tolist() for row in beside.baselines] == [[0.25, 0.25]]
    assert failures(beside) == [("a", "constant", [0])]
    assert beside.notes == ("Figures are means over the seeds.",)


def test_separate_networks_are_a_baseline_of_the_others(tmp_path):
    front = write(tmp_path / "front", baseline=None)
    single = write(tmp_path / "single", [[0.1, 0.9], [0.9, 0.3]], baseline=None, solver="single")
    text = (single / "results.csv").read_text().splitlines()
    names = text[0].split(",")
    places = [names.index("weight_f1"), names.index("weight_f2")]
    for row, weights in ((1, ("1", "0")), (2, ("0", "1"))):
        cells = text[row].split(",")
        for place, weight in zip(places, weights, strict=True):
            cells[place] = weight
        text[row] = ",".join([*cells, str(100 * row)])
    (single / "results.csv").write_text("\n".join([f"{text[0]},compact_parameters", *text[1:]]))
    beside = found(front, single)
    assert [row.name for row in beside.fronts] == ["chebyshev"]
    assert [row.name for row in beside.baselines] == ["separate networks (single)"]
    assert beside.baselines[0].val.tolist() == [0.1, 0.3]
    assert failures(beside) == [("chebyshev", "separate networks (single)", [0])]
    assert beside.notes == ("The separate networks (single) have 300 parameters together.",)
    # Alone they are what is shown, and there is nothing to beat.
    assert found(single) is None
    assert found(front) is None


def test_where_losses_differ_each_front_has_its_own(tmp_path):
    easy, hard = CONSTANT | {"loss_f1_val": 0.5}, CONSTANT | {"loss_f1_val": 0.1}
    paths = [
        write(tmp_path / "none", baseline=easy, class_weights="none"),
        write(tmp_path / "balanced", baseline=hard, class_weights="balanced"),
        write(tmp_path / "again", baseline=easy, class_weights="none", seed=1),
    ]
    beside = found(*paths)
    names = [row.name for row in beside.baselines]
    assert names == ["constant (class weights none)", "constant (class weights balanced)"]
    assert failures(beside) == [("class weights balanced", names[1], [0])]


def test_folds_have_their_own_data(tmp_path):
    paths = []
    for fold in (0, 1):
        figures = CONSTANT | {"loss_f1_val": 0.2 + 0.2 * fold}
        run = {"data": {"train": str(fold)}, "set": {"fold": fold}}
        paths.append(write(tmp_path / str(fold), baseline=figures, **run))
    beside = found(*paths)
    assert [row.val.tolist() for row in beside.baselines] == [[pytest.approx(0.3), 0.25]]
    assert beside.notes == ("Figures are means over the folds.",)

"""Sweeps that grow where their front is emptiest, and points for a wish."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

import paretocli
from paretocli.errors import InputError, RunError
from paretocli.planning.growth import grown as growth
from paretocli.sweeping.resolve import resolve
from tests.sweeping.test_rounds import Stops, contents, run

GROWING = {
    "problem": "vlmop2",
    "placement": "adaptive",
    "points": 7,
    "epochs": 6,
    "train_samples": 30,
    "warm": "nearest",
    "warm_epochs": 3,
    "threads": 1,
    "jobs": 1,
    "device": "cpu",
    "checkpoint_every": 0.0,
}
SPARSE_DIGITS = {
    **{"problem": "multidigits", "network": "hps", "placement": "adaptive", "points": 4},
    **{"epochs": 1, "retrain_epochs": 1, "train_samples": 64, "device": "cpu", "baselines": False},
}


class StopsAfterPoints(Stops):
    """Asks to stop when so many points are solved."""

    def epoch_finished(self, points, lines, hypervolume):
        pass

    def point_finished(self, record):
        self.left -= 1


@pytest.fixture(scope="module")
def grown(tmp_path_factory):
    path = tmp_path_factory.mktemp("grown")
    return path, run_growing(path)


def run_growing(path, stop=None):
    found = resolve({**GROWING, "out": str(path / "run")})
    return run(GROWING, path, stop, further=growth(found.config, found.growth, lambda text: None))


def test_it_grows_to_as_many_points_as_were_asked_for(grown):
    _, records = grown
    assert len(records) == 7
    assert [record["round"] for record in records[:3]] == [0, 0, 0]
    assert all(record["parent"] is not None for record in records[3:])
    assert len({tuple(np.round(record["weights"], 3)) for record in records}) == 7
    # Points of later rounds lie between those of the first.
    assert all(0.01 < record["weights"][0] < 0.99 for record in records[3:])


@pytest.mark.parametrize("every", [5])
def test_stopped_again_and_again_it_grows_to_the_same(grown, tmp_path, every):
    for _ in range(40):
        stop = Stops(every)
        records = run_growing(tmp_path, stop)
        if not stop():
            break
    assert len(records) == 7
    assert contents(tmp_path) == contents(grown[0])


def test_more_points_are_added_later(grown, tmp_path):
    shutil.copytree(grown[0] / "run", tmp_path / "run")
    options = {**GROWING, "points": 8, "out": tmp_path / "run", "progress": False}
    assert len(paretocli.sweep(**options).results) == 8


def test_between_two_rounds_it_is_not_finished(tmp_path, capsys):
    assert len(run_growing(tmp_path, StopsAfterPoints(3))) == 3
    status = paretocli.load_run(tmp_path / "run").status()
    assert (status.growing, status.points_at_most) == (True, None)
    file = tmp_path / "run" / "growing.json"
    assert file.exists()
    paretocli.sweep(**{**GROWING, "points": 4, "out": tmp_path / "run", "progress": False})
    assert not file.exists()
    assert not paretocli.load_run(tmp_path / "run").status().growing


def test_a_budget_is_kept(tmp_path):
    options = {**GROWING, "points": 20, "budget": 3 * 6 + 4 * 3 + 2}
    found = paretocli.sweep(**options, out=tmp_path / "run", progress=False)
    assert found.results["epochs"].sum() == 3 * 6 + 4 * 3
    resolved = resolve(options)
    assert resolved.growth.most(resolved.config) == 7


def test_a_front_in_parts_is_said_to_be(tmp_path, capsys):
    options = {"problem": "zdt3", "placement": "adaptive", "points": 8, "epochs": 8}
    found = paretocli.sweep(**options, out=tmp_path / "run")
    assert "the front is not connected, or this solver" in capsys.readouterr().err
    table = found.results
    holes = np.diff(np.sort(table["loss_f1_val"]))
    # No point lies where there is no front: f1 from 0.083 to 0.182 is the first such place.
    assert not ((table["loss_f1_val"] > 0.1) & (table["loss_f1_val"] < 0.17)).any()
    assert holes.max() > 0.09


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"points": 2}, "begins with 3 points"),
        ({"divisions": 4}, "says where all points are"),
        ({"placement": "lattice", "budget": 5}, "give --placement adaptive too"),
        ({"placement": "random"}, "one of lattice, adaptive"),
        ({"budget": 0}, "at least 1"),
        ({"columns": "f1,f3"}, 'no column of numbers "f3"'),
        ({"where": ["f1 = 3"]}, "is no condition"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path, options, words):
    given = {**GROWING, "epochs": 1, "warm_epochs": 1, "out": tmp_path / "run", "progress": False}
    given = {k: v for k, v in given.items() if not (k == "points" and "divisions" in options)}
    with pytest.raises(InputError, match=words):
        paretocli.sweep(**given | options)
    assert not (tmp_path / "run").exists()


def test_columns_are_those_that_the_table_will_have(tmp_path):
    """Whatever is refused before is not there in the end, and the other way around."""
    given = {**SPARSE_DIGITS, "out": tmp_path / "run", "progress": False}
    run = paretocli.sweep(**given)
    table = pd.read_csv(run.path / "results.csv").select_dtypes("number")
    for column in table.columns:
        resolve({**SPARSE_DIGITS, "columns": column})
    for column in ("accuracy", "f1", "hypervolume_val"):
        assert column not in table
        with pytest.raises(InputError, match="no column of numbers"):
            resolve({**SPARSE_DIGITS, "columns": column})


@pytest.fixture(scope="module")
def coarse(tmp_path_factory):
    path = tmp_path_factory.mktemp("coarse") / "run"
    return paretocli.sweep("vlmop2", points=3, epochs=20, out=path, progress=False)


def test_a_wish_in_losses_is_met(coarse, tmp_path):
    path = shutil.copytree(coarse.path, tmp_path / "run")
    # On the front x_1 = x_2 = x: f1 and f2 are 1 − exp(−2 (x ∓ 1/√2)²).
    assert_met(path, 1 - np.exp(-2 * (np.array([0.3, 0.7]) * 2**0.5) ** 2))


def test_a_wish_in_losses_is_met_on_zdt2(tmp_path):
    paretocli.sweep("zdt2", points=3, epochs=20, out=tmp_path / "run", progress=False)
    assert_met(tmp_path / "run", np.array([0.6, 1 - 0.6**2]))


def assert_met(path, wanted):
    want = [f"f{place} <= {value:.9f}" for place, value in enumerate(wanted, 1)]
    found = paretocli.load_run(path).refine(want=want, progress=False).results
    # The first one that is made for it, not whichever of several corrections is best.
    reached = found[["loss_f1_val", "loss_f2_val"]].iloc[3].to_numpy()
    assert (reached / wanted).max() == pytest.approx(1, abs=1e-3)


def test_a_wish_that_is_met_already_takes_no_point(coarse, tmp_path, capsys):
    path = shutil.copytree(coarse.path, tmp_path / "run")
    assert len(paretocli.load_run(path).refine(want="f1 <= 0.7").results) == 3
    assert "is as wished: loss_f1_val" in capsys.readouterr().err


def test_a_wish_beyond_the_front_ends_with_what_is_nearest(coarse, tmp_path, capsys):
    path = shutil.copytree(coarse.path, tmp_path / "run")
    run_ = paretocli.load_run(path)
    for _ in range(2):  # the second time there is nothing more to try
        run_ = run_.refine(want=["f1 <= 0.3", "f2 <= 0.6"])
    assert "No point is as wished; point" in capsys.readouterr().err
    assert 3 < len(run_.results) <= 6


def test_columns_without_numbers_are_no_wish(coarse, tmp_path, capsys):
    with pytest.raises(InputError, match="has a number in compact_parameters"):
        coarse.refine(want="compact_parameters <= 3", progress=False)


def test_where_all_points_diverge_none_follows(tmp_path):
    options = {"placement": "adaptive", "points": 6, "optimizer": "sgd", "lr": 1e30, "epochs": 2}
    options |= {"sparsity": False, "train_samples": 256}
    with pytest.raises(RunError, match="3 of 3 points failed"):
        paretocli.sweep("multidigits", **options, out=tmp_path / "run", progress=False)


@pytest.mark.parametrize(
    ("want", "words"),
    [
        (["f1 <= 0.3", "f1 >= 0.5"], "contradict each other"),
        (["f1 == 0.3"], "asks for one number exactly"),
        (["f9 <= 0.3"], "no column of numbers"),
        (["f1 about 0.3"], "is no condition"),
        (["f1 <= inf"], "no bound that a point could be held to"),
    ],
)
def test_wrong_wishes_are_refused_and_nothing_is_written(coarse, want, words):
    path = coarse.path
    before = sorted(path.rglob("*"))
    with pytest.raises(InputError, match=words):
        coarse.refine(want=want, progress=False)
    assert sorted(path.rglob("*")) == before


def test_holes_are_filled(coarse, tmp_path):
    path = shutil.copytree(coarse.path, tmp_path / "run")
    found = paretocli.load_run(path).refine(holes=2, progress=False).results
    assert len(found) == 5
    losses = found["loss_f1_val"].to_numpy()
    # One new point in each of the two gaps between the first three.
    first, middle, last = np.sort(losses[:3])
    assert sorted(np.searchsorted([first, middle, last], losses[3:])) == [1, 2]


DIGITS = {
    "problem": "multidigits",
    "train_samples": 1024,
    "epochs": 8,
    "retrain_epochs": 4,
    "weights": [[0.02, 0.49, 0.49], [0.3, 0.35, 0.35]],
}


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    path = tmp_path_factory.mktemp("digits") / "run"
    paretocli.sweep(**DIGITS, out=path, progress=False)
    return path


def test_a_network_of_so_many_parameters(digits, tmp_path, capsys):
    """The wish is met by a point that starts from a solved one."""
    path = shutil.copytree(digits, tmp_path / "run")
    found = paretocli.sweep(**DIGITS, max_parameters=3000, out=path).results
    assert "as wished: compact_parameters" in capsys.readouterr().err
    assert found["compact_parameters"].min() <= 3000
    with pytest.raises(InputError, match="needs sparsity as an objective"):
        paretocli.sweep("vlmop2", max_parameters=3, out=tmp_path / "no")
    assert not (tmp_path / "no").exists()


def test_a_point_that_has_given_up_a_task_is_not_as_wished(tmp_path, capsys):
    """It is small, and tells no right digit from another."""
    weights = [[0.02, 0.49, 0.49], [0.6, 0.39999, 0.00001]]
    options = {**DIGITS, "weights": weights, "max_parameters": 3500}
    found = paretocli.sweep(**options, out=tmp_path / "run").results
    assert found["accuracy_right_val"].iloc[1] < 0.2
    assert found["compact_parameters"].iloc[1] <= 3500
    assert len(found) > 2
    assert "Point 1 is as wished" not in capsys.readouterr().err


def test_a_network_that_is_a_little_too_large_loses_its_shortest_rows(digits, tmp_path):
    """It is as small as was wished, and no smaller than a row makes it."""
    run = paretocli.load_run(shutil.copytree(digits, tmp_path / "run"))
    sizes = run.results["compact_parameters"].to_numpy()
    most = int(sizes.min() * 0.85)
    found = run.refine(want=[f"compact_parameters <= {most}"], progress=False).results
    round_one = json.loads((run.path / "rounds" / "0001.json").read_text())
    assert round_one["limits"] == {"compact_parameters": most}
    added = found["compact_parameters"].to_numpy()[2:]
    assert len(added) == 1
    assert 0.97 * most < added[0] <= most

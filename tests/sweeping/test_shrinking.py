"""Points of given sizes: `refine --sizes`."""

import shutil

import pandas as pd
import pytest

import paretocli
from paretocli.errors import InputError
from paretocli.planning.shrinking import refuse_sizes
from paretocli.run_directory.sweep_file import read_sweep_file
from paretocli.sweeping.resolve import resolve

SPARSE = {
    "problem": "multidigits",
    "network": "hps",
    "weights": [[0.001, 0.4995, 0.4995], [0.02, 0.7, 0.28]],
    "train_samples": 512,
    "epochs": 8,
    "retrain_epochs": 4,
    "threads": 1,
    "jobs": 1,
    "baselines": False,
}


def sizes(path):
    return pd.read_csv(path / "results.csv")["compact_parameters"].tolist()


@pytest.fixture(scope="module")
def dense(tmp_path_factory):
    path = tmp_path_factory.mktemp("sizes") / "run"
    paretocli.sweep(**SPARSE, out=path, progress=False)
    return path


@pytest.fixture
def again(dense, tmp_path):
    return shutil.copytree(dense, tmp_path / "run")


def test_networks_shrink_from_one_size_to_the_next(again, capsys):
    whole = sizes(again)
    run = paretocli.Run(again).refine(sizes=(4000, 9000), progress=False)
    large, small = sizes(again)[len(whole) :]
    assert 0.75 * 9000 < large <= 9000
    assert 0.75 * 4000 < small <= 4000
    first, second = read_sweep_file(again).rounds
    assert (first.limits, second.limits) == (
        {"compact_parameters": 9000},
        {"compact_parameters": 4000},
    )
    # Half of three tenths of the epochs each; the second starts from the first.
    assert [(one.epochs, one.retrain_epochs) for one in (first, second)] == [(1, 2), (1, 2)]
    assert second.parents == first.points
    # The tasks' mixture is that of a larger one; sparsity's weight grows as the size shrinks.
    (before,), (row,) = first.weights, second.weights
    assert row[1] / row[2] == pytest.approx(before[1] / before[2])
    odds = (row[0] / (1 - row[0])) / (before[0] / (1 - before[0]))
    assert odds == pytest.approx(large / 4000)
    # Asked for once more, all is there, and so is what is hardly smaller.
    run.refine(sizes=(4000, 9000), progress=False)
    run.refine(sizes=(9100,))
    assert len(sizes(again)) == len(whole) + 2
    assert f"Point {first.points[0]} has {large:,} parameters, which will do for 9,100." in (
        " ".join(capsys.readouterr().err.split())
    )


def test_what_no_point_can_shrink_to_is_said(again, capsys):
    before = sizes(again)
    paretocli.Run(again).refine(sizes=(10**6,))
    assert sizes(again) == before
    assert "No point has more than 1,000,000 parameters" in capsys.readouterr().err


def test_what_cannot_become_so_small_is_said_and_nothing_smaller_is_tried(again, capsys):
    before = sizes(again)
    paretocli.Run(again).refine(sizes=(10, 5))
    (found,) = sizes(again)[len(before) :]
    said = " ".join(capsys.readouterr().err.split())
    assert f"could not shrink to 10 parameters; it has {int(found):,} parameters." in said
    assert "Nor is 5 tried." in said


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ((0,), "at least 1, found 0"),
        ((0.5,), "at least 1, found 0.5"),
        ((5000, 5000), "names a size twice"),
    ],
)
def test_what_is_no_size_is_refused(again, wanted, words):
    with pytest.raises(InputError, match=words):
        paretocli.Run(again).refine(sizes=wanted, progress=False)


@pytest.mark.parametrize("without", [{"sparsity": False}, {"retrain_epochs": 0}])
def test_a_sweep_whose_rows_stay_is_refused(tmp_path, without):
    weights = [",".join(["1"] * (3 if without.get("sparsity", True) else 2))]
    given = {**SPARSE, **without, "weights": weights, "out": str(tmp_path / "run")}
    config = resolve(given).config
    with pytest.raises(InputError, match="but this is a sweep with --"):
        refuse_sizes(config, (5000,))

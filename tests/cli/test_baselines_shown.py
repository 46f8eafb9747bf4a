"""Baselines beside fronts, through the real program."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from tests.program import paretocli

ROWS = 300
SWEEP = ("sweep", "table:t.csv", "--targets", "side,product", "--no-sparsity")
SHORT = ("--points", 2, "--epochs", 1, "--threads", 1, "--jobs", 1)


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A table like XOR, of which a network learns little in an epoch, and its sweep."""
    place = tmp_path_factory.mktemp("xor")
    x, y = np.random.default_rng(0).uniform(-1, 1, size=(2, ROWS))
    sides = np.where(x * y > 0, "in", "out")
    frame = pd.DataFrame({"x": x, "y": y, "side": sides, "product": x * y})
    frame.to_csv(place / "t.csv", index=False)
    done = paretocli(*SWEEP, *SHORT, "--out", "run", cwd=place)
    assert done.returncode == 0, done.stderr
    return place, done.stdout


@pytest.fixture
def copy(swept, tmp_path):
    """A copy to change."""
    return shutil.copytree(swept[0], tmp_path / "copy")


def said(text):
    return " ".join(text.split())


def test_the_report_says_that_trees_win(swept):
    place, shown = swept
    assert "boosted trees" in shown
    assert max(map(len, shown.splitlines())) <= 80
    note = json.loads((place / "run" / "baselines.json").read_text())
    assert [one["name"] for one in note["baselines"]] == ["constant", "linear", "trees"]
    assert note["data"] == json.loads((place / "run" / "sweep.json").read_text())["data"]
    trees = note["baselines"][2]["figures"]
    table = pd.read_csv(place / "run" / "results.csv")
    assert trees["accuracy_side_val"] > table["accuracy_side_val"].max() + 0.1
    theirs = f"{100 * trees['accuracy_side_test']:.2f} %"
    mine = f"{100 * table['accuracy_side_val'].max():.2f} %"
    assert f"does not beat the boosted trees in side (accuracy {mine} against" in said(shown)
    assert f"against {theirs} on test) and product (rmse " in said(shown)
    front = paretocli("front", "run", cwd=place)
    assert front.returncode == 0, front.stderr
    assert f"does not beat the boosted trees in side (accuracy {mine}" in said(front.stdout)


def test_the_table_of_points_has_no_rows_of_others(swept):
    table = pd.read_csv(swept[0] / "run" / "results.csv")
    assert table["point"].tolist() == [0, 1]


def test_they_are_worked_out_once_and_mended(copy):
    file = copy / "run" / "baselines.json"
    before, time = file.read_bytes(), file.stat().st_mtime_ns
    again = (*SWEEP, *SHORT, "--out", "run", "--quiet")
    assert paretocli(*again, cwd=copy).returncode == 0
    assert file.stat().st_mtime_ns == time
    file.write_bytes(b"{")
    front = paretocli("front", "run", cwd=copy)
    assert front.returncode == 0, front.stderr
    assert "constant" not in front.stdout
    assert paretocli(*again, cwd=copy).returncode == 0
    assert file.read_bytes() == before


def test_a_sweep_goes_without(copy):
    shutil.rmtree(copy / "run")
    done = paretocli(*SWEEP, *SHORT, "--no-baselines", "--out", "run", cwd=copy)
    assert done.returncode == 0, done.stderr
    assert "constant" not in done.stdout
    assert not (copy / "run" / "baselines.json").exists()


def test_a_point_alone_has_them_too(copy):
    shutil.rmtree(copy / "run")
    done = paretocli(
        "train", *SWEEP[1:], *("--epochs", 1, "--threads", 1, "--out", "run"), cwd=copy
    )
    assert done.returncode == 0, done.stderr
    assert "The point does not beat the boosted trees in side" in said(done.stdout)

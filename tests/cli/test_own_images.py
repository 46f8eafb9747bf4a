"""Folders of images through the real program."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.image_folder import draw_folder
from tests.pictures import DRAWN
from tests.program import files_below, paretocli

SWEEP = ("sweep", "images:photos", "--labels", "labels.csv", "--no-sparsity")
SHORT = ("--points", 2, "--epochs", 2, "--out", "run", "--quiet")


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A folder with images, labels and a sweep over them."""
    place = tmp_path_factory.mktemp("images")
    draw_folder(place)
    done = paretocli(*SWEEP, *SHORT, cwd=place, **DRAWN)
    assert done.returncode == 0, done.stderr
    assert (place / "run" / "front.png").stat().st_size > 10_000
    return place


@pytest.fixture
def copy(swept, tmp_path):
    """A copy to change."""
    return shutil.copytree(swept, tmp_path / "copy")


def test_a_sweep_without_code(swept):
    table = pd.read_csv(swept / "run" / "results.csv")
    assert table["accuracy_shade_test"].between(0, 1).all()
    assert table["rmse_level_test"].between(0.001, 1).all()
    config = json.loads((swept / "run" / "sweep.json").read_text())["config"]
    assert config["problem"] == "images:photos"
    assert config["labels"] == "labels.csv"
    assert config["image_size"] is None


def test_the_plan_says_what_columns_were_taken_for(swept):
    done = paretocli(*SWEEP, "--epochs", 1, "--dry-run", cwd=swept)
    assert "40 images, in colour, 8 × 8; the rows are split 60 : 20 : 20" in done.stderr
    assert "shade: 2 classes, in this order: bright, dark." in done.stderr
    assert "level: a number, from " in done.stderr
    done = paretocli("check", "images:photos", "--labels", "labels.csv", cwd=swept)
    assert done.returncode == 0
    assert "Note: shade: 2 classes" in done.stderr
    assert "Next: paretocli sweep images:photos --labels labels.csv" in done.stderr


def test_the_sweep_goes_on_and_away_wherever_the_images_are(copy):
    done = paretocli("refine", "run", *("--between", "0,1", "--warm", "none", "--quiet"), cwd=copy)
    assert done.returncode == 0, done.stderr
    elsewhere = copy / "elsewhere"
    elsewhere.mkdir()
    for name in ("photos", "labels.csv"):
        (copy / name).rename(elsewhere / name)
    done = paretocli("export", "run", 2, "--out", "small", cwd=copy)
    assert done.returncode == 2
    assert "The folder photos of the problem of run is neither here nor above" in done.stderr
    given = ("--problem", "images:elsewhere/photos")
    done = paretocli("export", "run", 2, "--out", "small", *given, cwd=copy)
    assert done.returncode == 0, done.stderr
    assert (copy / "small" / "network.py").exists()


def test_other_images_are_other_data(copy):
    Image.fromarray(np.zeros((8, 8, 3), dtype=np.uint8)).save(copy / "photos" / "01.png")
    before = files_below(copy / "run")
    done = paretocli(*SWEEP, *SHORT, cwd=copy)
    assert done.returncode == 2
    assert "run was made from other data: the checksum of the" in done.stderr
    assert files_below(copy / "run") == before


def test_an_image_that_is_none_leaves_nothing_written(copy):
    (copy / "photos" / "01.png").write_text("no image")
    done = paretocli(*SWEEP, "--out", "new", cwd=copy)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "photos/01.png cannot be read as an image" in done.stderr
    assert not (copy / "new").exists()

"""Scene understanding with the real program."""

import json

import numpy as np
import pandas as pd
import pytest

from tests.program import files_below, paretocli
from tests.scenes import write_scenes


def test_trains_in_two_phases_with_attention(tmp_path):
    write_scenes(tmp_path / "data" / "scenes", train=3, val=2)  # a batch each
    done = paretocli(
        *("train", "scenes", "--data-dir", "data", "--network", "mtan", "--out", "run"),
        *("--epochs", "1", "--retrain-epochs", "1", "--batch-size", "3", "--weights", "9,1,1,1"),
        *("--sparsity-of", "own"),  # what leaves with each layer takes long to see
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    (row,) = pd.read_csv(tmp_path / "run" / "results.csv").to_dict("records")
    assert row["status"] == "done"
    assert row["epochs"] == 2
    for name in ("miou_segmentation", "abs_error_depth", "median_angle_normals"):
        assert np.isfinite(row[f"{name}_test"])
    # On a GPU their sums are not of the same order.
    assert row["loss_depth_test"] == pytest.approx(row["abs_error_depth_test"], rel=1e-6)


def test_bad_scenes_are_refused_before_anything_is_written(tmp_path):
    root = write_scenes(tmp_path / "data" / "scenes")
    broken = root / "val" / "depth" / "1.npy"
    np.save(broken, np.full_like(np.load(broken), np.nan))
    before = files_below(tmp_path)
    done = paretocli("train", "scenes", "--data-dir", "data", "--out", "run", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "val/depth/1.npy holds numbers that are not finite" in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr
    assert files_below(tmp_path) == before


def test_the_list_says_what_is_missing(tmp_path):
    write_scenes(tmp_path / "scenes")
    done = paretocli("problems", "--json", "--data-dir", tmp_path, cwd=tmp_path)
    rows = {row["name"]: row for row in json.loads(done.stdout)}
    assert rows["scenes"]["data"] == "there"
    assert rows["nyuv2"]["data"] == "NYUv2 missing"
    assert rows["multimnist"]["data"] == "MNIST to be downloaded"

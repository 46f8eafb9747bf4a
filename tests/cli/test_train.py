import json

import pandas as pd
import pytest

from tests.program import paretocli


def test_train_solves_one_point_with_equal_weights(tmp_path):
    done = paretocli("train", "zdt2", "--json", "--out", "run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (point,) = json.loads(done.stdout)["points"]
    assert point["weights"] == [0.5, 0.5]
    # f1 = 1 − f1² where both terms are equal: the golden section.
    assert point["loss"]["test"]["f1"] == pytest.approx((5**0.5 - 1) / 2, abs=1e-3)
    assert not (tmp_path / "run" / "front.png").exists()


def test_train_takes_the_weights_given(tmp_path):
    done = paretocli("train", "vlmop2", "--weights", "1,3", "--quiet", "--out", "r", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "r/results.csv\n"
    assert done.stderr == ""
    row = pd.read_csv(tmp_path / "r" / "results.csv").iloc[0]
    assert (row["weight_f1"], row["weight_f2"]) == (0.25, 0.75)


def test_a_config_of_a_sweep_serves_for_a_point(tmp_path):
    (tmp_path / "sweep.toml").write_text('problem = "vlmop2"\npoints = 21\nepochs = 3\n')
    done = paretocli("train", "--config", "sweep.toml", "--dry-run", "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["weights"] == [[0.5, 0.5]]


def test_real_digits_train_on_a_few_batches(tmp_path, mnist_dir):
    """MultiMNIST through the whole program; its accuracy is a matter of the examples."""
    done = paretocli(
        *("train", "multimnist", "--network", "mdmtn", "--epochs", 1, "--batch-size", 1024),
        *("--threads", 2, "--json", "--out", "run", "--data-dir", mnist_dir),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    (point,) = json.loads(done.stdout)["points"]
    assert min(point["metric"]["test"].values()) > 0.7
    assert 0 <= point["relative_gap"] < 0.5

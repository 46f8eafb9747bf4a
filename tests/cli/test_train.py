import json

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

from tests.program import paretocli

SPARSE = (
    *("train", "multidigits", "--network", "hps", "--weights", "1,2,2", "--epochs", 2),
    *("--retrain-epochs", 1, "--share-similarity", "0.15", "--out", "run"),
)


def test_train_solves_one_point_with_equal_weights(tmp_path):
    done = paretocli("train", "zdt2", "--epochs", 12, "--json", "--out", "run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (point,) = json.loads(done.stdout)["points"]
    assert point["weights"] == [0.5, 0.5]
    # f1 = 1 − f1² where both terms are equal: the golden section.
    assert point["loss"]["test"]["f1"] == pytest.approx((5**0.5 - 1) / 2, abs=1e-3)
    assert not (tmp_path / "run" / "front.png").exists()


def test_train_takes_the_weights_given(tmp_path):
    done = paretocli(
        *("train", "vlmop2", "--weights", "1,3", "--epochs", 2, "--quiet", "--out", "r"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "r/results.csv\n"
    assert done.stderr == ""
    row = pd.read_csv(tmp_path / "r" / "results.csv").iloc[0]
    assert (row["weight_f1"], row["weight_f2"]) == (0.25, 0.75)


def test_a_config_of_a_sweep_serves_for_a_point(tmp_path):
    (tmp_path / "sweep.toml").write_text('problem = "vlmop2"\npoints = 21\nepochs = 3\n')
    done = paretocli("train", "--config", "sweep.toml", "--dry-run", "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["weights"] == [[0.5, 0.5]]


def test_train_tells_what_is_left_of_each_layer(tmp_path):
    done = paretocli(*SPARSE, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "run" / "points" / "0000.json").read_text())
    keys = ("rows", "zero_rows", "shared_rows", "unique_rows", "parameters_kept", "macs")
    rows = {line.split()[0]: line for line in done.stdout.splitlines() if line}
    roles = {"input": " (input)", "hidden": "", "head": " (head)"}
    assert [layer["layer"] for layer in record["layers"]] == [
        *("shared.1", "shared.3", "heads.0", "heads.1")
    ]
    for layer in record["layers"]:
        numbers = [f"{layer[key]:,}" for key in keys]
        name = layer["layer"] + roles[layer["role"]]
        assert rows[layer["layer"]].split() == [*name.split(), *numbers]

    weight = load_file(tmp_path / "run" / record["weights_file"])["shared.3.weight"].T
    zero = (weight == 0).all(axis=1).sum()
    hidden = record["layers"][1]
    assert hidden["zero_rows"] == zero >= 10
    assert hidden["unique_rows"] == len(np.unique(weight, axis=0)) - 1 <= hidden["rows"] - zero - 10
    table = pd.read_csv(tmp_path / "run" / "results.csv").iloc[0]
    assert table["rows_kept"] == table["rows"] - zero == 144 + 128 + 2 * 50 - zero
    assert table["sparsity_rate"] == pytest.approx(100 * zero / table["rows"])
    assert f"{table['sparsity_rate']:.1f} %" in done.stdout
    parameters, macs = (f"{table[f'compact_{name}']:,}" for name in ("parameters", "macs"))
    line = f"has {parameters} parameters, {macs} multiply-accumulates for a sample."
    assert f"As export writes it, the network {line}" in done.stdout
    assert table["weight_sparsity"] == 0.2
    assert table["epochs"] == 3
    history = (tmp_path / "run" / "history" / "0000-0000.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in history] == [1, 2, 3]
    assert json.loads(history[-1])["zero_rows"] == zero


def test_a_dry_run_shows_which_layers_count(tmp_path):
    done = paretocli(*SPARSE, "--dry-run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "multidigits (sparsity, left, right)" in done.stdout
    assert "2 epochs of search, 1 of retraining" in done.stdout
    assert "over 128 rows" in done.stdout
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    for line in (
        "shared.1 144 18,432 no (input)",
        "shared.3 128 6,400 yes",
        "heads.0 50 500 no (head)",
        "heads.1 50 500 no (head)",
        "0 0.2000 0.4000 0.4000",
    ):
        assert line in lines
    assert list(tmp_path.iterdir()) == []


def test_a_config_file_about_sparsity_and_flags_over_it(tmp_path):
    (tmp_path / "sparse.toml").write_text(
        'problem = "multidigits"\nfix = ["sparsity=0.1"]\nsparse-layers = "shared.*"\n'
        "retrain-epochs = 0\nsparsity = true\n"
    )
    dry = ("train", "--config", "sparse.toml", "--dry-run", "--json")
    done = paretocli(*dry, "--sparse-layers", "shared.3,heads.?", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    np.testing.assert_allclose(found["weights"], [[0.1, 0.45, 0.45]])
    assert found["objectives"] == ["sparsity", "left", "right"]
    assert found["sparse_layers"] == [
        f"{name}.weight" for name in ("shared.3", "heads.0", "heads.1")
    ]
    assert found["retrain_epochs"] == 0
    assert [layer["name"] for layer in found["layers"]][:2] == [
        "shared.1.weight",
        "shared.3.weight",
    ]
    done = paretocli(*dry, "--no-sparsity", "--fix", "left=0.3", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "No effect without sparsity: --sparse-layers, --retrain-epochs." in done.stderr
    found = json.loads(done.stdout)
    assert found["objectives"] == ["left", "right"]
    np.testing.assert_allclose(found["weights"], [[0.3, 0.7]])


def test_real_digits_train_on_a_few_batches(tmp_path, mnist_dir):
    """MultiMNIST through the whole program; its accuracy is a matter of the examples."""
    done = paretocli(
        *("train", "multimnist", "--network", "mdmtn", "--epochs", 1, "--train-samples", 3_000),
        *("--batch-size", 32, "--scale", "none", "--no-sparsity", "--data-dir", mnist_dir),
        *("--json", "--out", "run"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    (point,) = json.loads(done.stdout)["points"]
    assert min(point["metric"]["test"].values()) > 0.6
    assert 0 <= point["relative_gap"] < 0.5

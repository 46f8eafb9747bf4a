import json

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

from paretocli.front.indicators import hypervolume
from tests.exact import exact_points
from tests.pictures import DRAWN
from tests.program import files_below, paretocli

EPSILON = 1e-4
VLMOP2 = ("sweep", "vlmop2", "--epochs", 15)  # half of what is the default, and enough


@pytest.fixture(scope="module")
def vlmop2(tmp_path_factory):
    """A folder with a sweep of 21 points, and its results."""
    folder = tmp_path_factory.mktemp("vlmop2")
    done = paretocli(*VLMOP2, "--points", 21, "--json", "--out", "chebyshev", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


def objectives(result):
    return np.array([[p["loss"]["test"]["f1"], p["loss"]["test"]["f2"]] for p in result["points"]])


def test_chebyshev_finds_every_point_of_a_concave_front(vlmop2):
    result = vlmop2[1]
    found = objectives(result)
    weights = np.array([point["weights"] for point in result["points"]])
    exact = exact_points("vlmop2", weights, EPSILON)
    assert len({tuple(row) for row in found.round(2)}) == 21
    assert max(point["relative_gap"] for point in result["points"]) <= 0.01
    np.testing.assert_allclose(found, exact, atol=0.01)
    reference = np.array([1.0, 1.0])
    assert hypervolume(found, reference) >= 0.995 * hypervolume(exact, reference)


def test_the_run_directory_is_as_documented(vlmop2):
    folder = vlmop2[0] / "chebyshev"
    names = set(files_below(folder))
    assert {"sweep.json", "results.csv", "front.csv", "front.png", "normalisation.json"} <= names
    assert {f"points/{i:04d}.json" for i in range(21)} <= names
    assert {f"points/{i:04d}.safetensors" for i in range(21)} <= names
    assert "history/0000-0020.jsonl" in names
    assert not [name for name in names if name.startswith("checkpoints/")]
    table = pd.read_csv(folder / "results.csv")
    assert list(table["point"]) == list(range(21))
    assert table["on_front"].all()
    assert len(pd.read_csv(folder / "front.csv")) == 21
    sweep = json.loads((folder / "sweep.json").read_text())
    assert sweep["config"]["seed"] == 0
    assert {"python", "torch", "numpy"} <= set(sweep["versions"])
    assert set(sweep["data"]) == {"train", "val", "test"}
    for file in table["weights_file"]:
        assert load_file(folder / file)["variable"].shape == (10,)


def test_the_history_has_a_line_an_epoch_and_subproblem(vlmop2):
    path = vlmop2[0] / "chebyshev" / "history" / "0000-0020.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert {(line["point"], line["epoch"]) for line in lines} == {
        (point, epoch) for point in range(21) for epoch in range(1, 16)
    }
    assert len(lines) == 21 * 15
    for key in ("seconds", "loss", "metric", "multipliers", "penalty", "gap"):
        assert key in lines[0]
    assert abs(sum(lines[-1]["multipliers"]) - 1) < 1e-5


def test_the_same_command_again_changes_nothing(vlmop2):
    folder = vlmop2[0]
    before = files_below(folder / "chebyshev")
    done = paretocli(*VLMOP2, "--points", 21, "--out", "chebyshev", cwd=folder)
    assert done.returncode == 0, done.stderr
    after = files_below(folder / "chebyshev")
    assert {n: c for n, c in after.items() if n != "front.png"} == {
        n: c for n, c in before.items() if n != "front.png"
    }
    # Piped, the table is plain text in its full width, a row a point.
    assert len([line for line in done.stdout.splitlines() if line.split()[1:2] == ["*"]]) == 21


def test_another_sweep_is_refused_naming_the_field(vlmop2):
    folder = vlmop2[0]
    before = files_below(folder / "chebyshev")
    for option, value, field in (("--lr", "0.1", "lr"), ("--points", "5", "weights")):
        done = paretocli(*VLMOP2, option, value, "--out", "chebyshev", cwd=folder)
        assert done.returncode == 2
        assert f"its {field} is" in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
    assert files_below(folder / "chebyshev") == before


def test_three_objectives_end_in_a_picture_and_exact_points(tmp_path):
    short = ("--epochs", 40, "--json", "--out", "run")
    done = paretocli("sweep", "dtlz2", *short, cwd=tmp_path, **DRAWN)
    assert done.returncode == 0, done.stderr
    points = json.loads(done.stdout)["points"]
    found = np.array([list(point["loss"]["test"].values()) for point in points])
    weights = np.array([point["weights"] for point in points])
    np.testing.assert_allclose(found, exact_points("dtlz2", weights, EPSILON), atol=0.01)
    assert max(point["relative_gap"] for point in points) <= 0.01
    assert np.median([point["stationarity"] for point in points]) <= 0.02
    assert (tmp_path / "run" / "front.png").stat().st_size > 10_000


def test_the_default_sweep_learns_the_digits(tmp_path):
    """On a seventh of them."""
    done = paretocli("sweep", "--train-samples", 1500, cwd=tmp_path, **DRAWN)
    assert done.returncode == 0, done.stderr
    (results,) = (tmp_path / "runs").glob("multidigits-*/results.csv")
    table = pd.read_csv(results)
    assert len(table) == 8
    accuracy = table[["accuracy_left_test", "accuracy_right_test"]].mean(axis=1)
    assert accuracy.max() >= 0.85
    # More weight on sparsity, more zero rows.
    assert table["weight_sparsity"].corr(table["loss_sparsity_train"], method="spearman") < -0.8
    assert table["weight_sparsity"].corr(table["sparsity_rate"], method="spearman") > 0.8
    assert table["rows_kept"].min() < table["rows"].min() - 10
    assert str(results.relative_to(tmp_path)) in done.stdout
    assert results.with_name("front.png").stat().st_size > 10_000


def test_a_sweep_of_the_tasks_alone(tmp_path):
    short = ("--train-samples", 5000, "--epochs", 8)
    done = paretocli("sweep", "--no-sparsity", *short, "--out", "run", cwd=tmp_path, **DRAWN)
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(tmp_path / "run" / "results.csv")
    assert len(table) >= 9
    accuracy = table[["accuracy_left_test", "accuracy_right_test"]].mean(axis=1)
    assert accuracy.max() >= 0.85
    # More weight on a task, a smaller loss in it.
    assert table["weight_left"].corr(table["loss_left_train"], method="spearman") < -0.8
    assert table["weight_left"].corr(table["loss_right_train"], method="spearman") > 0.8
    assert not [name for name in table if name.endswith("_sparsity") or "_sparsity_" in name]
    assert (table["rows_kept"] == table["rows"]).all()
    assert "run/results.csv" in done.stdout
    assert (tmp_path / "run" / "front.png").stat().st_size > 10_000


def kept_rows(file):
    """For every layer of a point: which rows are zero, and a label that equal rows share."""
    found = {}
    for name, tensor in load_file(file).items():
        if tensor.ndim > 1:
            _, labels = np.unique(tensor.T, axis=0, return_inverse=True)
            found[name] = (tensor.T == 0).all(axis=1), labels.reshape(-1)
    return found


def assert_same_rows(file, expected):
    for name, (zero, labels) in kept_rows(file).items():
        np.testing.assert_array_equal(zero, expected[name][0], err_msg=name)
        # The same rows are equal to each other, whatever they are equal to.
        ours, theirs = (x[:, None] == x[None] for x in (labels, expected[name][1]))
        np.testing.assert_array_equal(ours, theirs, err_msg=name)


def test_a_frozen_sweep_keeps_zero_and_tied_rows_in_every_point(tmp_path):
    hps = ("multidigits", "--network", "hps")
    done = paretocli(
        *("train", *hps, "--weights", "1,2,2", "--epochs", 2, "--retrain-epochs", 1),
        *("--share-similarity", "0.15", "--quiet", "--out", "start"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    first = tmp_path / "start" / "points" / "0000.safetensors"
    expected = kept_rows(first)
    zero, labels = expected["shared.3.weight"]
    assert 10 <= zero.sum() < 118
    assert len(set(labels)) <= 118 - zero.sum()

    freeze = ("sweep", *hps, "--points", 2, "--epochs", 1, "--freeze-sparsity")
    done = paretocli(*freeze, "start", "--out", "tasks", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(tmp_path / "tasks" / "results.csv")
    assert len(table) == 2
    assert "weight_sparsity" not in table
    assert (table["epochs"] == 1).all()
    start = pd.read_csv(tmp_path / "start" / "results.csv")
    for column in ("sparsity_rate", "parameters_kept", "unique_parameters", "macs"):
        assert set(table[column]) == set(start[column])
    fixed = ("start:0", "--fix", "sparsity=0.3", "--out", "fixed")
    done = paretocli(*freeze, *fixed, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (pd.read_csv(tmp_path / "fixed" / "results.csv")["weight_sparsity"] == 0.3).all()
    for directory in ("tasks", "fixed"):
        for file in (tmp_path / directory / "points").glob("*.safetensors"):
            assert_same_rows(file, expected)
    # They start from the point, and what is not bound moves on.
    one, other = (
        load_file(tmp_path / d / "points" / "0000.safetensors") for d in ("start", "tasks")
    )
    assert 0 < np.abs(one["shared.1.weight"] - other["shared.1.weight"]).max() < 0.5


def test_points_that_no_lattice_has_are_announced(tmp_path):
    done = paretocli("sweep", "dtlz2", "--points", 20, "--dry-run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "No lattice for 3 objectives has 20 points; the closest has 21" in done.stderr
    assert "test       measured after the last epoch alone; each time takes about" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_weights_come_from_options_file_and_config(tmp_path):
    (tmp_path / "grid.csv").write_text("f2,f1\n0.8,0.2\n1,3\n")
    (tmp_path / "sweep.toml").write_text(
        'problem = "zdt1"\nweights = [[0.2, 0.8], [0.75, 0.25]]\nepochs = 2\n'
    )
    expected = [[0.2, 0.8], [0.75, 0.25]]
    for arguments in (
        ["zdt1", "--weights", "0.2,0.8", "--weights", "3,1"],
        ["zdt1", "--weights-file", "grid.csv"],
        ["--config", "sweep.toml"],
    ):
        done = paretocli("sweep", *arguments, "--dry-run", "--json", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        np.testing.assert_allclose(json.loads(done.stdout)["weights"], expected)
    # A flag wins over the file.
    done = paretocli(
        "sweep", "--config", "sweep.toml", "--epochs", 3, "--dry-run", "--json", cwd=tmp_path
    )
    assert json.loads(done.stdout)["epochs"] == 3


def test_a_sweep_shows_its_test_split_as_often_as_is_said(tmp_path):
    short = ("sweep", "vlmop2", "--points", 3, "--epochs", 3, "--threads", 1)
    tables = []
    for every, epochs in ((0, [3]), (2, [2, 3]), (1, [1, 2, 3])):
        out = tmp_path / f"run{every}"
        done = paretocli(*short, "--evaluate-every", every, "--out", out, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        (file,) = (out / "history").iterdir()
        lines = [json.loads(text) for text in file.read_text().splitlines()]
        measured = [line["epoch"] for line in lines if "test" in line["loss"]]
        assert sorted({*measured}) == epochs
        assert len(measured) == 3 * len(epochs)
        for line in lines:
            assert ("hypervolume_test" in line) == ("test" in line["metric"])
        tables.append(pd.read_csv(out / "results.csv").drop(columns="seconds"))
    for table in tables[1:]:
        pd.testing.assert_frame_equal(table, tables[0], check_exact=True)

"""The examples, each in a shortened form."""

import base64
import json
import math
import runpy
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from paretocli import Run
from paretocli.front.indicators import hypervolume
from tests.fair_tables import write_compas
from tests.forking import run_script
from tests.overlaid_images import write_images
from tests.program import environment, files_below, paretocli

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"


@pytest.fixture
def script(tmp_path_factory):
    """Runs a script of the examples in a folder."""

    def run(name, *arguments, cwd, **changes):
        command = ["sh", str(EXAMPLES / name), *map(str, arguments)]
        return run_script(command, cwd, environment(**changes), tmp_path_factory.mktemp("bin"))

    return run


def test_solvers_are_compared(script, tmp_path):
    short = ("vlmop2", "--epochs", 1)
    solvers = ("mgda", "single")
    done = script(
        "compare_solvers.sh", "runs/short", "0", *short, cwd=tmp_path, SOLVERS=" ".join(solvers)
    )
    assert done.returncode == 0, done.stderr
    for solver in solvers:
        assert solver in done.stdout
    assert (tmp_path / "runs" / "short" / "compare.png").stat().st_size > 10_000


def test_teachers_and_the_taught_are_compared(script, tmp_path):
    short = ("multidigits", "--no-sparsity", "--network", "hps", "--train-samples", 512)
    done = script("distillation.sh", "runs", "0", *short, "--epochs", 1, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for method in ("single, untaught", "equal, untaught", "equal, taught"):
        assert method in " ".join(done.stdout.replace(",\n", ", ").split())


def test_a_table_of_ones_own(script, tmp_path):
    done = script("own_table.sh", "data", cwd=tmp_path, EPOCHS="2")
    assert done.returncode == 0, done.stderr
    assert "points are on the front of the losses on val" in done.stdout
    assert (tmp_path / "data" / "front.png").exists()


def test_a_network_runs_without_torch(script, tmp_path, monkeypatch):
    short = ("multidigits", "--network", "hps", "--weights", "0.7,0.15,0.15")
    short += ("--epochs", 1, "--retrain-epochs", 1)
    done = script("export_and_run.sh", "out", *short, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "left: (5, 10), first [" in done.stdout
    code = (EXAMPLES / "run_onnx.py").read_text()
    assert "torch" not in "".join(line for line in code.splitlines() if "import" in line)
    # And it is what the page in a browser is made of, which is tested for itself.
    made, given = runpy.run_path(str(EXAMPLES / "browser" / "make_page.py")), tmp_path / "out"
    copied = partial(shutil.copytree, given / "small")
    monkeypatch.setattr(Run, "export", lambda run, point, out, formats: copied(out))
    (network,) = made["networks_of"](given / "run", [0])
    assert network["weights"] == {"sparsity": 0.7, "left": 0.15, "right": 0.15}
    assert base64.b64decode(network["onnx"]) == (given / "small" / "network.onnx").read_bytes()
    assert 0 < network["parameters"] < 20_000
    assert all(0 < share <= 1 for share in network["accuracy"].values())


def test_transfer_is_compared(script, tmp_path):
    short = ("zdt1", "--epochs", 1)
    own = {"RULES": "none manifold", "MANIFOLD": "--dirichlet 0.5"}
    done = script("compare_transfer.sh", "runs", "0", *short, cwd=tmp_path, **own)
    assert done.returncode == 0, done.stderr
    files = [tmp_path / "runs" / f"{rule}-0" / "sweep.json" for rule in ("none", "manifold")]
    told = [json.loads(file.read_text())["config"]["dirichlet"] for file in files]
    assert told == [1.0, 0.5]
    assert (tmp_path / "runs" / "history.png").exists()


# Pictures of noise, for it takes seconds to decode the real ones, of which there are more.
NOISE = """{
        split: cifar10.Pictures(
            torch.randint(256, (count, *cifar10.SHAPE), dtype=torch.uint8), torch.arange(count) % 10
        )
        for split, count in (("train", 2000), ("test", 500))
    }"""


def test_a_network_of_ones_own(tmp_path):
    code = (EXAMPLES / "own_network.py").read_text()
    shorter = {"cifar10.load(data_dir)": NOISE, "50_000": "2000", "[45_000:]": "[1500:]"}
    for text, other in shorter.items():
        assert code.count(text) == 1
        code = code.replace(text, other)
    (tmp_path / "own_network.py").write_text(code)
    short = ("--train-samples", 300, "--epochs", 1, "--points", 2, "--no-sparsity")
    done = paretocli("sweep", "own_network.py:make", *short, "--out", "run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "accuracy_alive_test" in (tmp_path / "run" / "results.csv").read_text()


def test_a_problem_of_ones_own(tmp_path):
    short = ("--epochs", 2, "--points", 3, "--out", "run")
    done = paretocli("sweep", f"{EXAMPLES / 'own_problem.py'}:make", *short, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_three_data_sets_with_the_labels_of_one_task_each(tmp_path):
    file = f"{EXAMPLES / 'three_datasets.py'}:make"
    short = ("--epochs", 12, "--points", 3, "--no-sparsity", "--out", "run")
    planned = paretocli("sweep", file, *short, "--dry-run", cwd=tmp_path)
    assert "for 3 points together" in planned.stdout, planned.stderr
    assert not planned.stderr
    done = paretocli("sweep", file, *short, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "no mean" not in done.stderr
    table = pd.read_csv(tmp_path / "run" / "results.csv")
    assert (table["auroc_tumour_test"] > 0.9).all()
    assert (table["loss_wine_test"] < math.log(3)).all()
    for task in ("wine", "tumour", "sugar"):
        assert table[f"loss_{task}_train"].idxmin() == table[f"weight_{task}"].idxmax()


# A network that is evaluated fast; the studies themselves take the MDMTN.
SHORT = ("--network", "hps", "--train-samples", 256, "--epochs", 1)
THREE = [
    w for third in ("0.2,0.4,0.4", "0.25,0.4,0.35", "0.5,0.25,0.25") for w in ("--weights", third)
]


@pytest.fixture
def copied(tmp_path):
    """The files of options, whose run directories are beside them then."""
    (tmp_path / "examples").mkdir()
    for file in EXAMPLES.glob("*.toml"):
        shutil.copy(file, tmp_path / "examples")
    return tmp_path


def swept(name, *options, cwd):
    """The results of a file of options."""
    file = f"examples/{name}.toml"
    done = paretocli("sweep", "--config", file, *SHORT, *options, "--quiet", cwd=cwd)
    assert done.returncode == 0, done.stderr
    return pd.read_csv(cwd / done.stdout.strip())


def test_a_file_of_options(copied):
    results = swept("sweep", cwd=copied)
    assert list(results["weight_left"]) == [0.2, 0.4, 0.5, 0.6, 0.8]


def test_the_study_of_sparsity_and_then_of_tasks_alone(mnist_dir, copied):
    sparse = swept("multimnist_sparsity", *THREE, "--retrain-epochs", 0, cwd=copied)
    assert list(sparse["weight_sparsity"]) == [0.2, 0.25, 0.5]
    # It goes on from the third point.
    tasks = swept("front_study", "--points", 2, cwd=copied)
    assert list(tasks["sparsity_rate"]) == [sparse["sparsity_rate"][2]] * 2


def test_every_example_is_named_where_people_look():
    words = (ROOT / "README.md").read_text()
    words += "".join(page.read_text() for page in (ROOT / "docs").rglob("*.md"))
    files = [file for file in EXAMPLES.iterdir() if file.name != "__pycache__"]
    for file in files:
        assert file.name in words


def test_fair_fronts_are_measured(tmp_path, monkeypatch, capsys):
    write_compas(tmp_path)
    script = [str(EXAMPLES / "fair_fronts.py"), "runs", "compas", "--data-dir", str(tmp_path)]
    script += ["--epochs", "1", "--points", "2"]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", script)
    namespace = runpy.run_path(script[0], run_name="__main__")
    table = pd.read_csv(tmp_path / "runs" / "hypervolumes.csv")
    assert list(table["method"]) == [*namespace["SWEEPS"], "cosmos"]
    for pair, columns in {
        "losses": ("loss_two_year_recid_test", "loss_fair_sex_test"),
        "counted": ("loss_two_year_recid_test", "counted_difference_fair_sex_test"),
    }.items():
        points = pd.read_csv(tmp_path / "runs" / "compas-chebyshev-0" / "results.csv")
        expected = hypervolume(points[[*columns]].to_numpy(), (2, 2))
        assert table[pair][0] == pytest.approx(expected, rel=1e-4)
    # A batch has all of so small a test split.
    assert list(table["in batches"]) == pytest.approx(list(table["counted"]))
    assert "weighted sum, no scale" in capsys.readouterr().out


def test_fronts_of_images_are_measured(tmp_path, monkeypatch, capsys, own_cache):
    write_images(tmp_path, monkeypatch)
    script = [str(EXAMPLES / "image_fronts.py"), "runs", "fashionandmnist", "--points", "2"]
    script += ["--epochs", "1", "--methods", "manifold", "--data-dir", str(tmp_path)]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PARETOCLI_JOBS", "1")  # in this process, which knows how small the data is
    monkeypatch.setattr(sys, "argv", script)
    namespace = runpy.run_path(script[0], run_name="__main__")
    shown, before = capsys.readouterr().out, files_below(tmp_path / "runs")
    assert "fashionandmnist manifold val" in " ".join(shown.split())
    assert max(map(len, shown.splitlines())) <= 80
    table = pd.read_csv(tmp_path / "runs" / "hypervolumes.csv", index_col="split")
    points = pd.read_csv(tmp_path / "runs" / "fashionandmnist-manifold-0" / "results.csv")
    assert list(table["points"]) == [2, 2]
    for split in ("val", "test"):
        expected = namespace["volumes"](points, ("garment", "digit"), split)
        assert list(table.loc[split, ["accuracy", "cross-entropy"]]) == pytest.approx(expected)
    # What is there is not run again.
    runpy.run_path(script[0], run_name="__main__")
    assert files_below(tmp_path / "runs") == before


def test_hypervolumes_of_images_are_exact():
    volumes = runpy.run_path(str(EXAMPLES / "image_fronts.py"))["volumes"]
    points = pd.DataFrame(
        {
            "accuracy_a_test": [0.9, 0.6, 0.5],
            "accuracy_b_test": [0.5, 0.8, 0.7],
            "loss_a_test": [1.0, 1.5, 2.5],
            "loss_b_test": [1.5, 0.5, 0.1],
        }
    )
    # 0.9 · 0.5 + 0.6 · 0.3, and 1 · 0.5 + 0.5 · 1: the third point adds nothing.
    assert volumes(points, ("a", "b"), "test") == pytest.approx((0.63, 1.0))


def test_sparse_and_pruned_networks_are_compared(tmp_path, monkeypatch, capsys):
    def run(command, **_):
        """As the script starts the program, which takes seconds; here it is forked."""
        assert command[:3] == [sys.executable, "-m", "paretocli"]
        done = paretocli(*command[3:], cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return done

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(subprocess, "run", run)
    script = [str(EXAMPLES / "compare_pruning.py"), "runs", "multidigits", "--network", "hps"]
    script += ["--train-samples", "256", "--epochs", "1", "--retrain-epochs", "1"]
    # So shortly trained it has a few zero rows, and as many parameters as are asked for.
    script += ["--lr", "0.02", "--sparsity", "0.6", "--shares", "0.8", "--ways", "larger"]
    monkeypatch.setattr(sys, "argv", script)
    runpy.run_path(script[0], run_name="__main__")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == [
        *("seed", "share", "method", "compact_parameters", "val", "test", "epochs", "in_all")
    ]
    found = [(line.split()[2], line.split()[-2:]) for line in lines[1:]]
    assert found == [("sparse", ["2", "2"]), ("larger", ["2", "4"])]


def test_ways_to_steer_are_compared(tmp_path, monkeypatch, capsys):
    def run(command, **_):
        """As the script starts the program, which takes seconds; here it is forked."""
        assert command[:3] == [sys.executable, "-m", "paretocli"]
        done = paretocli(*command[3:], cwd=tmp_path)
        assert done.returncode == 0, done.stderr

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(subprocess, "run", run)
    script = [str(EXAMPLES / "compare_steering.py"), "runs", "multidigits", "--network", "hps"]
    script += ["--train-samples", "512", "--epochs", "2", "--retrain-epochs", "1", "--seeds", "0"]
    script += ["--points", "4", "--error", "0.95", "--methods", "lattice sizes"]
    monkeypatch.setattr(sys, "argv", script)
    runpy.run_path(script[0], run_name="__main__")
    shown = capsys.readouterr().out
    assert "Hypervolume from an error of 0.95" in shown
    for method in ("lattice", "sizes"):
        assert method in shown
    # What is there is not run again, and its figures stay the same.
    before = files_below(tmp_path / "runs")
    runpy.run_path(script[0], run_name="__main__")
    assert capsys.readouterr().out == shown
    solved = {name for name in before if "/points/" in name}
    after = files_below(tmp_path / "runs")
    assert {name: after[name] for name in solved} == {name: before[name] for name in solved}


def test_sparsity_and_bits_are_a_front():
    """What is beaten in all three is not on it, and ties are."""
    example = runpy.run_path(str(EXAMPLES / "sparsity_and_bits.py"))
    rows = [(0.9, 100, 2.0), (0.9, 50, 1.0), (0.8, 60, 1.5), (0.95, 100, 3.0), (0.9, 50, 1.0)]
    table = pd.DataFrame(rows, columns=["val", "bytes", "ms"])
    assert example["on_front"](table).tolist() == [False, True, False, True, True]

"""The examples, each in a shortened form."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.program import PROGRAM, environment, paretocli

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"


def script(name, *arguments, cwd, **changes):
    # Where the program is, there is the Python that has it.
    path = f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["sh", str(EXAMPLES / name), *map(str, arguments)],
        cwd=cwd,
        env=environment(PATH=path, **changes),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_solvers_are_compared(tmp_path):
    short = ("vlmop2", "--epochs", 1)
    solvers = ("mgda", "single")
    done = script(
        "compare_solvers.sh", "runs/short", "0", *short, cwd=tmp_path, SOLVERS=" ".join(solvers)
    )
    assert done.returncode == 0, done.stderr
    for solver in solvers:
        assert solver in done.stdout
    assert (tmp_path / "runs" / "short" / "compare.png").stat().st_size > 10_000


def test_teachers_and_the_taught_are_compared(tmp_path):
    short = ("multidigits", "--no-sparsity", "--network", "hps", "--train-samples", 512)
    done = script("distillation.sh", "runs", "0", *short, "--epochs", 1, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for method in ("single, untaught", "equal, untaught", "equal, taught"):
        assert method in " ".join(done.stdout.replace(",\n", ", ").split())


def test_a_table_of_ones_own(tmp_path):
    done = script("own_table.sh", "data", cwd=tmp_path, EPOCHS="2")
    assert done.returncode == 0, done.stderr
    assert "points are on the front of the losses on val" in done.stdout
    assert (tmp_path / "data" / "front.png").exists()


def test_a_network_runs_without_torch(tmp_path):
    short = ("multidigits", "--weights", "0.7,0.15,0.15", "--epochs", 2, "--retrain-epochs", 1)
    done = script("export_and_run.sh", "out", *short, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "left: (5, 10), first [" in done.stdout
    code = (EXAMPLES / "run_onnx.py").read_text()
    assert "torch" not in "".join(line for line in code.splitlines() if "import" in line)


def test_transfer_is_compared(tmp_path):
    short = ("zdt1", "--epochs", 1)
    done = script("compare_transfer.sh", "runs", "0", *short, cwd=tmp_path, RULES="none split")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "runs" / "history.png").exists()


def test_a_network_of_ones_own(cifar10_dir, tmp_path):
    short = ("--train-samples", 300, "--epochs", 1, "--points", 2, "--no-sparsity")
    done = paretocli(
        "sweep", f"{EXAMPLES / 'own_network.py'}:make", *short, "--out", "run", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "accuracy_alive_test" in (tmp_path / "run" / "results.csv").read_text()


def test_a_problem_of_ones_own(tmp_path):
    short = ("--epochs", 2, "--points", 3, "--out", "run")
    done = paretocli("sweep", f"{EXAMPLES / 'own_problem.py'}:make", *short, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.toml")), ids=lambda file: file.stem)
def test_files_of_options_are_understood(file, mnist_dir, tmp_path):
    """All but the data: `--dry-run` resolves every option."""
    if file.stem == "front_study":
        pytest.skip("it goes on from a sweep of an hour")
    if "cifar10" in file.stem:
        pytest.skip("its images take long to read")
    done = paretocli("sweep", "--config", file, "--out", "run", "--dry-run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "run").exists()


def test_every_example_is_named_where_people_look():
    words = (ROOT / "README.md").read_text()
    words += "".join(file.read_text() for file in EXAMPLES.iterdir() if file.suffix != ".png")
    for file in EXAMPLES.iterdir():
        assert file.name in words

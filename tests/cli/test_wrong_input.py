"""Wrong input: exit code 2, one sentence, nothing written and nothing lost."""

import os
import shutil
import sys

import numpy as np
import pytest
from safetensors.numpy import save_file

from paretocli.cli.main import main
from paretocli.problems.mnist_files import FILES
from tests.program import environment, files_below, paretocli

PROBLEM = """
import torch
from torch import nn
from paretocli.problems import Problem, Samples, Task

def loss(output, target):
    return ((output[:, 0] - target) ** 2).mean()

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(3, 2)
    def forward(self, inputs):
        hidden = self.body(inputs)
        return [hidden[:, :1], hidden[:, 1:]]

def problem(network=Net, loss=loss):
    inputs = torch.randn(8, 3)
    samples = Samples(inputs, (inputs[:, 0], inputs[:, 1]))
    return Problem(name="mine", tasks=[Task("a", loss), Task("b", loss)], train=samples,
                   val=samples, test=samples, networks={"own": Net if network is None else network})

def raises():
    raise KeyError("no such table")

def returns_none():
    return None

def loss_raises():
    def bad(output, target):
        raise ValueError("targets are upside down")
    return problem(loss=bad)

def network_raises():
    def bad():
        raise RuntimeError("no weights for you")
    return problem(network=bad)

class One(Net):
    def forward(self, inputs):
        return self.body(inputs)

def one_output():
    return problem(network=One)

def not_a_number():
    return problem(loss=lambda output, target: (output - target.unsqueeze(1)) ** 2)

def prepare_raises():
    def bad(inputs):
        raise ValueError("no such colour")
    made = problem()
    return Problem(name="mine", tasks=made.tasks, train=made.train, val=made.val, test=made.test,
                   prepare=bad)

def broadcasts():
    return problem(loss=torch.nn.functional.mse_loss)

def clash():
    task = Task("a", loss, {"loss": loss})
    made = problem()
    return Problem(name="mine", tasks=[task, made.tasks[1]], train=made.train, val=made.val,
                   test=made.test, networks={"own": Net})

def no_gradient():
    return problem(loss=lambda output, target: output.detach().mean())

def named_sparsity():
    made = problem()
    return Problem(name="mine", tasks=[made.tasks[0], Task("sparsity", loss)], train=made.train,
                   val=made.val, test=made.test, networks={"own": Net})
"""

CASES = {
    "unknown problem": (["vlmop3"], ["no problem named 'vlmop3'", "did you mean 'vlmop2'"]),
    "unknown solver": (["vlmop2", "--solver", "tchebycheff"], ["no solver", "chebyshev, linear"]),
    "unknown network": (["multidigits", "--network", "resnet"], ["hps, mdmtn, mtan"]),
    "network that does not fit": (["vlmop2", "--network", "mdmtn"], ["variable"]),
    "unknown optimizer": (["vlmop2", "--optimizer", "adamm"], ["did you mean 'adam'"]),
    "unknown schedule": (["vlmop2", "--schedule", "steps"], ["constant, cosine, linear"]),
    "unknown precision": (
        ["vlmop2", "--precision", "fp8"],
        ["fp32, tf32, bf16, fp16", "found fp8"],
    ),
    "unknown scale": (["vlmop2", "--scale", "log"], ["initial, none, payoff"]),
    "unknown device": (["vlmop2", "--device", "tpu9"], ["device 'tpu9'", "auto, cpu"]),
    "too many weights": (["vlmop2", "--weights", "0.2,0.3,0.5"], ["3 numbers", "(f1, f2)"]),
    "negative weights": (["vlmop2", "--weights=-0.2,1.2"], ["negative"]),
    "weights of zero": (["vlmop2", "--weights", "0,0"], ["at least one weight"]),
    "weights that are words": (["vlmop2", "--weights", "half,half"], ["not a list of numbers"]),
    "weights given twice": (["vlmop2", "--weights", "1,1", "--weights", "2,2"], ["given twice"]),
    "weights in two ways": (
        ["vlmop2", "--weights", "1,1", "--points", "3"],
        ["--points and --weights", "give one"],
    ),
    "missing weights file": (["vlmop2", "--weights-file", "no.csv"], ["no.csv does not exist"]),
    "no points": (["vlmop2", "--points", "0"], ["at least 1, found 0"]),
    "no divisions": (["vlmop2", "--divisions", "0"], ["at least 1, found 0"]),
    "no epochs": (["vlmop2", "--epochs", "0"], ["--epochs should be at least 1"]),
    "no batch": (["vlmop2", "--batch-size", "0"], ["--batch-size should be at least 1"]),
    "negative rate": (["vlmop2", "--lr=-1"], ["--lr should be positive"]),
    "infinite rate": (["vlmop2", "--lr", "inf"], ["--lr should be positive and finite"]),
    "negative seed": (["vlmop2", "--seed=-1"], ["--seed should be at least 0"]),
    "huge seed": (["vlmop2", "--seed", str(10**20)], ["--seed should be"]),
    "device that is no processor": (["vlmop2", "--device", "meta"], ["device 'meta'"]),
    "wrong solver before the data": (["multimnist", "--solver", "x"], ["no solver named 'x'"]),
    "too long a path": (["vlmop2", "--out", "a" * 300], ["name too long"]),
    "prepare that raises": (["mine.py:prepare_raises"], ["no such colour"]),
    "loss that broadcasts": (["mine.py:broadcasts"], ["target size"]),
    "metric called loss": (["mine.py:clash"], ["metrics whose columns clash"]),
    "no threads": (["vlmop2", "--threads", "0"], ["--threads should be from 1 to 4096"]),
    "wrong ideal": (["vlmop2", "--ideal", "0"], ["--ideal 0 should be 2 finite numbers"]),
    "ideal above the start": (
        ["vlmop2", "--ideal", "5,5", "--scale", "initial"],
        ["not above its ideal and finite"],
    ),
    "missing config": (["--config", "no.toml"], ["no.toml does not exist"]),
    "config with a typo": (["--config", "typo.toml"], ["'epoch'", "did you mean 'epochs'"]),
    "config with a wrong type": (["--config", "type.toml"], ["should be a whole number"]),
    "config with a date": (["--config", "date.toml"], ["should be a whole number", "2024-01-01"]),
    "ideal and payoff": (["vlmop2", "--ideal", "0,0", "--scale", "payoff"], ["give one of them"]),
    "config that is no TOML": (["--config", "broken.toml"], ["not valid TOML"]),
    "config with bad weights": (["--config", "weights.toml"], ["list of numbers"]),
    "out is a file": (["vlmop2", "--out", "typo.toml"], ["is not a directory"]),
    "out below a file": (["vlmop2", "--out", "typo.toml/run"], ["cannot be written"]),
    "out with other files": (["vlmop2", "--out", "."], ["other files and no sweep"]),
    "missing problem file": (["theirs.py:make"], ["no file theirs.py"]),
    "problem file alone": (["mine.py"], ["name its function"]),
    "no such function": (["mine.py:make"], ["names no function", "problem, raises"]),
    "problem with a syntax error": (["syntax.py:make"], ["SyntaxError"]),
    "problem that raises": (["mine.py:raises"], ["KeyError", "no such table"]),
    "problem that is none": (["mine.py:returns_none"], ["returned NoneType"]),
    "loss that raises": (["mine.py:loss_raises"], ["ValueError", "targets are upside down"]),
    "network that raises": (["mine.py:network_raises"], ["no weights for you"]),
    "network with one output": (["mine.py:one_output"], ["2 outputs", "one for each task"]),
    "loss that is no number": (["mine.py:not_a_number"], ["a single number"]),
    "loss without gradient": (["mine.py:no_gradient"], ["do not depend"]),
    "pattern that matches no layer": (
        ["multidigits", "--sparse-layers", "body.*"],
        ["--sparse-layers body.* matches no layer", "shared.1, shared.3"],
    ),
    "sparsity of an analytic problem": (["vlmop2", "--sparsity"], ["no rows can be counted"]),
    "task called sparsity": (["mine.py:named_sparsity"], ["rename the task"]),
    "limit above 1": (
        ["vlmop2", "--max-layer-sparsity", "1.5"],
        ["--max-layer-sparsity should be from 0 to 1, found 1.5"],
    ),
    "limit below 0": (
        ["vlmop2", "--max-layer-sparsity=-0.1"],
        ["--max-layer-sparsity should be from 0 to 1, found -0.1"],
    ),
    "similarity of 0": (
        ["vlmop2", "--share-similarity", "0"],
        ["--share-similarity should be above 0 and at most 1, found 0"],
    ),
    "retraining without a rate": (
        ["vlmop2", "--retrain-lr", "0"],
        ["--retrain-lr should be positive and finite, found 0"],
    ),
    "nonsense fixed": (["vlmop2", "--fix", "f1:0.1"], ["--fix f1:0.1 should be an objective and"]),
    "unknown objective fixed": (
        ["multidigits", "--fix", "sparsity=0.1", "--no-sparsity"],
        ["--fix sparsity=0.1 names no objective", "left, right"],
    ),
    "all weight fixed": (
        ["multidigits", "--fix", "left=0.4", "--fix", "sparsity=0.6"],
        ["The weights of --fix sum to 1"],
    ),
    "frozen point that is not there": (
        ["multidigits", "--freeze-sparsity", "nowhere:0"],
        ["There is no file nowhere/points/0000.safetensors"],
    ),
    "frozen point of another network": (
        ["multidigits", "--freeze-sparsity", "point.safetensors"],
        ["point.safetensors is a point of another network", "--network"],
    ),
    "unknown family": (["mulam:enb"], ["no family of problems named 'mulam'", "'mulan'"]),
    "targets of what is no table": (["vlmop2", "--targets", "a,b"], ["vlmop2 is made from none"]),
    "targets without names": (["table:t.csv", "--targets", "a,"], ["names of columns separated"]),
    "unknown target": (
        ["table:t.csv", "--targets", "x,yy"],
        ["no column 'yy'", "did you mean 'y'"],
    ),
    "text among numbers": (
        ["table:text.csv", "--targets", "x,y"],
        ["Line 3 of text.csv holds 'big' in column x"],
    ),
    "table that is no text": (
        ["table:binary.csv", "--targets", "x,y"],
        ["binary.csv is no text in UTF-8, from line 2 on"],
    ),
    "garments that are not there": (
        ["fashionandmnist", "--data-dir", "empty"],
        ["FashionMNIST is not in", "FashionMNIST/raw with --data-dir"],
    ),
    "data that is not there": (
        ["multimnist", "--data-dir", "empty"],
        ["MNIST is not in", "--data-dir"],
    ),
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "typo.toml").write_text('problem = "vlmop2"\nepoch = 3\n')
    (tmp_path / "type.toml").write_text('problem = "vlmop2"\nepochs = "3"\n')
    (tmp_path / "date.toml").write_text("epochs = 2024-01-01\n")
    (tmp_path / "broken.toml").write_text("problem = vlmop2\n")
    (tmp_path / "weights.toml").write_text('problem = "vlmop2"\nweights = ["0.5"]\n')
    save_file({"variable": np.zeros(10, dtype=np.float32)}, tmp_path / "point.safetensors")
    (tmp_path / "mine.py").write_text(PROBLEM)
    (tmp_path / "syntax.py").write_text("def make(:\n")
    (tmp_path / "t.csv").write_text("x,y,z\n" + "1,2,3\n" * 30)
    (tmp_path / "text.csv").write_text("x,y,z\n1,2,3\nbig,2,3\n2,1,3\n")
    (tmp_path / "binary.csv").write_bytes(b"x,y\n\xff\xfe\n")
    (tmp_path / "empty").mkdir()
    return tmp_path


# Starting the program takes seconds: these stand for the others, which call its `main`.
STARTED = ("unknown problem", "missing config", "prepare that raises", "data that is not there")


@pytest.mark.parametrize("case", CASES)
def test_wrong_input(case, folder, monkeypatch, capfd):
    arguments, said = CASES[case]
    before = files_below(folder)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(sys, "argv", ["paretocli", "sweep", *arguments])
    monkeypatch.chdir(folder)
    wanted = environment()
    for name in os.environ.keys() - wanted.keys():
        monkeypatch.delenv(name)
    monkeypatch.setenv("PARETOCLI_THREADS", wanted["PARETOCLI_THREADS"])
    with pytest.raises(SystemExit) as ended:
        main()
    shown = capfd.readouterr()
    check(ended.value.code, shown.out, shown.err, said)
    assert files_below(folder) == before
    assert not (folder / "runs").exists()


@pytest.mark.parametrize("case", STARTED)
def test_wrong_input_of_the_started_program(case, folder):
    arguments, said = CASES[case]
    before = files_below(folder)
    done = paretocli("sweep", *arguments, cwd=folder, PYTHONDONTWRITEBYTECODE="1")
    check(done.returncode, done.stdout, done.stderr, said)
    assert files_below(folder) == before
    assert not (folder / "runs").exists()


def check(code, out, err, said):
    assert code == 2, err
    assert out == ""
    assert len(err.strip().splitlines()) == 1, err
    for words in said:
        assert words in err


def test_a_cut_data_file(tmp_path, mnist_dir):
    data = tmp_path / "data"
    (data / "MNIST" / "raw").mkdir(parents=True)
    for name in FILES:
        shutil.copy(mnist_dir / "MNIST" / "raw" / name, data / "MNIST" / "raw" / name)
    cut = data / "MNIST" / "raw" / "train-images-idx3-ubyte"
    cut.chmod(0o644)
    with cut.open("r+b") as file:
        file.truncate(1_000_000)
    done = paretocli("sweep", "multimnist", "--data-dir", data, cwd=tmp_path)
    assert done.returncode == 2
    assert "1000000 bytes where 47040016 were expected" in done.stderr
    assert "cut or damaged" in done.stderr
    assert not (tmp_path / "runs").exists()


def test_a_traceback_only_when_asked_for(folder):
    done = paretocli("sweep", "mine.py:raises", cwd=folder, PARETOCLI_DEBUG="1")
    assert "Traceback" in done.stderr
    assert "no such table" in done.stderr

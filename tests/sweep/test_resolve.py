from pathlib import Path

import numpy as np
import pytest

from paretocli.directories import default_data_dir
from paretocli.errors import InputError
from paretocli.sweep.resolve import resolve
from paretocli.training.machine import available_threads


def config(problem="vlmop2", **options):
    return resolve({"problem": problem, **options}).config


def test_a_name_alone_means_the_problems_defaults():
    resolved = resolve({"problem": "dtlz2"})
    defaults, found = resolved.problem.defaults, resolved.config
    for name in ("network", "epochs", "batch_size", "lr", "optimizer", "schedule", "scale"):
        assert getattr(found, name) == getattr(defaults, name), name
    for name in ("weight_decay", "penalty", "averaging"):
        assert getattr(found, name) == getattr(defaults, name), name
    assert found.objectives == ("f1", "f2", "f3")
    assert (found.solver, found.seed, found.precision) == ("chebyshev", 0, "fp32")
    assert found.ideal == (0.0, 0.0, 0.0)
    assert len(found.weights) == defaults.points == 21
    assert found.threads == available_threads()
    assert resolved.parameters == 12
    assert resolved.notes == ()


def test_no_name_means_the_embedded_digits():
    resolved = resolve({})
    assert resolved.config.problem == resolved.problem.name == "multidigits"


def test_options_win_over_defaults():
    found = config(epochs=3, lr=0.5, solver="linear", seed=9, stack=4, optimizer="sgd", epsilon=0.0)
    assert (found.epochs, found.lr, found.solver, found.seed) == (3, 0.5, "linear", 9)
    assert (found.stack, found.optimizer, found.epsilon) == (4, "sgd", 0.0)


# Weights


def test_a_grid_is_kept_off_zero():
    weights = np.array(config(points=5).weights)
    assert weights.shape == (5, 2)
    np.testing.assert_allclose(weights[0], [0.01 / 1.01, 1 / 1.01])
    np.testing.assert_allclose(weights[2], [0.5, 0.5])
    np.testing.assert_allclose(weights.sum(axis=1), 1)


@pytest.mark.parametrize("points", [2, 101, 500])
def test_large_grids_stay_distinct(points):
    assert len(set(config(points=points).weights)) == points


def test_a_lattice_that_does_not_fit_is_told():
    resolved = resolve({"problem": "dtlz2", "points": 20})
    assert len(resolved.config.weights) == 21
    assert resolved.notes == (
        "No lattice for 3 objectives has 20 points; the closest has 21 (5 divisions).",
    )
    assert resolve({"problem": "dtlz2", "points": 15}).notes == ()


def test_divisions():
    assert len(config("dtlz2", divisions=4).weights) == 15


def test_weights_given():
    found = config(weights=["1,3", "0.5,0.5"])
    np.testing.assert_allclose(found.weights, [[0.25, 0.75], [0.5, 0.5]])
    assert config(weights="1,3").weights == ((0.25, 0.75),)


def test_a_corner_is_lifted_but_small_weights_stay_apart():
    found = np.array(config(weights=["0,1", "1e-5,1", "1e-3,1"]).weights)[:, 0]
    assert 0 < found[0] < found[1] < found[2]


def test_weights_from_a_file(tmp_path):
    path = tmp_path / "w.csv"
    path.write_text("f2,f1\n3,1\n1,1\n")
    np.testing.assert_allclose(config(weights_file=path).weights, [[0.25, 0.75], [0.5, 0.5]])


def test_a_single_point_has_equal_weights_unless_told():
    def single(**options):
        return resolve({"problem": "dtlz2", **options}, single=True).config.weights

    np.testing.assert_allclose(single(), [[1 / 3] * 3])
    np.testing.assert_allclose(single(weights=["1,1,2"]), [[0.25, 0.25, 0.5]])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weights": ["1,1", "2,2"]}, "1 of the 2 weights are given twice"),
        ({"weights": ["1,1,1"]}, "--weights 1,1,1 has 3 numbers, but there are 2 objectives"),
        ({"weights": ["-1,1"]}, "negative"),
        ({"divisions": 0}, "--divisions should be at least 1, found 0"),
        ({"points": 0}, "number of points should be at least 1, found 0"),
        ({"solver": "chebychev"}, "no solver named 'chebychev'; did you mean 'chebyshev'"),
        ({"optimizer": "lbfgs"}, "no optimizer named 'lbfgs'; choose one of adam, adamw, sgd"),
        ({"schedule": "cosin"}, "no schedule named 'cosin'; did you mean 'cosine'"),
        ({"network": "hps"}, "no network named 'hps' for problem vlmop2; choose one of variable"),
        ({"device": "gpu"}, "The device 'gpu' cannot be used here"),
        ({"epochs": 0}, "--epochs should be at least 1, found 0"),
        ({"ideal": "0"}, "--ideal 0 should be 2 finite numbers .* for each of f1, f2"),
        ({"ideal": "0,inf"}, "--ideal 0,inf should be 2 finite numbers"),
        ({"ideal": "a,b"}, "--ideal a,b should be 2 finite numbers"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(InputError, match=message):
        config(**options)


def test_an_ideal():
    assert config(ideal=" -1, 0.5").ideal == (-1.0, 0.5)


# Where and how it runs


def test_the_directory_is_named_after_what_is_asked_for():
    found = config(seed=3)
    assert found.out == Path("runs") / f"vlmop2-chebyshev-sweep-{found.digest()}"
    assert config(seed=3).out == found.out
    assert config(seed=4).out != found.out
    assert config(seed=3, out="mine").out == Path("mine")
    assert config(seed=3, out="mine").digest() == found.digest()
    single = resolve({"problem": "vlmop2"}, single=True).config
    assert single.out.name.startswith("vlmop2-chebyshev-train-")


def test_the_data_directory(own_cache, tmp_path):
    assert config().data_dir == default_data_dir() == own_cache / "data"
    assert config(data_dir=tmp_path).data_dir == tmp_path
    assert config(data_dir="here").data_dir.is_absolute()


CONVOLUTIONS = """
import torch
from torch import nn
from paretocli.problems import Problem, Samples, Task

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)
    def forward(self, x):
        features = self.conv(x).mean(dim=(1, 2, 3))
        return [features, 2 * features]

def loss(output, target):
    return (output - target).square().mean()

def make():
    data = Samples(torch.rand(4, 1, 5, 5), (torch.zeros(4), torch.ones(4)))
    return Problem(
        name="conv", tasks=[Task("a", loss), Task("b", loss)], train=data, val=data, test=data,
        networks={"net": Net}, IDEAL
    )
"""


def test_what_is_stacked(tmp_path):
    path = tmp_path / "conv.py"
    path.write_text(CONVOLUTIONS.replace("IDEAL", "ideal=(0.5, -1.0)"))
    source = f"{path}:make"
    # Convolutions on the CPU are faster one after another; everything else together.
    found = config(source, network="net", device="cpu")
    assert found.stack == 1
    assert config(source, network="net", device="cpu", stack=3).stack == 3
    assert config(device="cpu").stack == 21
    assert config(device="cpu", points=4).stack == 4
    assert found.ideal == (0.5, -1.0)
    assert config(source, network="net", ideal="0,0").ideal == (0.0, 0.0)

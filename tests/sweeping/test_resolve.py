import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from paretocli.directories import default_data_dir
from paretocli.errors import InputError
from paretocli.networks.building import build_network
from paretocli.problems.loading import load_problem
from paretocli.solvers.registry import SOLVERS
from paretocli.sparsity.objective import SparsityObjective, SparsitySettings
from paretocli.sweeping.resolve import resolve
from tests.toys import CPU


def config(problem="vlmop2", **options):
    return resolve({"problem": problem, **options}).config


def test_a_name_alone_means_the_problems_defaults():
    resolved = resolve({"problem": "dtlz2", "device": "cpu"})
    defaults, found = resolved.problem.defaults, resolved.config
    for name in ("network", "epochs", "batch_size", "lr", "optimizer", "schedule", "scale"):
        assert getattr(found, name) == getattr(defaults, name), name
    assert found.weight_decay == defaults.weight_decay
    for name in ("penalty", "averaging"):
        assert found.solver_options[name] == getattr(defaults, name), name
    assert found.objectives == ("f1", "f2", "f3")
    assert (found.solver, found.seed, found.precision) == ("chebyshev", 0, "fp32")
    assert found.ideal == (0.0, 0.0, 0.0)
    # It has no network, and so nothing that could be sparse.
    assert not found.sparsity
    assert found.sparse_layers == resolved.layers == ()
    assert found.total_epochs == found.epochs
    assert len(found.weights) == defaults.points == 21
    assert found.threads == 1  # there is nothing that threads could share
    assert resolved.parameters == 12
    assert resolved.notes == ()


def test_no_name_means_the_embedded_digits():
    resolved = resolve({})
    assert resolved.config.problem == resolved.problem.name == "multidigits"
    assert resolved.config.objectives == ("sparsity", "left", "right")
    assert len(resolved.notes) == 1


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


@pytest.mark.parametrize("solver", [n for n, kind in SOLVERS.items() if kind.weights])
def test_a_solver_without_preferences_makes_its_own_points(solver):
    found = config("dtlz2", solver=solver)
    np.testing.assert_allclose(found.weights, np.eye(3) if solver == "single" else [[1 / 3] * 3])
    for option, value in (("points", 3), ("weights", ["1,2,3"]), ("fix", ["f1=0.2"])):
        with pytest.raises(InputError, match=f"--{option} asks for weights, and the solver"):
            config("dtlz2", solver=solver, **{option: value})
    with pytest.raises(InputError, match="--max-parameters asks for weights, and the solver"):
        config("multidigits", network="hps", solver=solver, max_parameters=3000)


def test_baselines_leave_sparsity_out():
    assert config("multidigits", solver="equal").weights == ((0.0, 0.5, 0.5),)
    assert config("multidigits", solver="single").weights == ((0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def test_a_network_for_each_task_needs_a_sweep():
    with pytest.raises(
        InputError, match=r"--solver single makes 2 points, .*; use paretocli sweep"
    ):
        resolve({"problem": "vlmop2", "solver": "single"}, single=True)


@pytest.mark.parametrize("solver", [name for name, kind in SOLVERS.items() if kind.needs])
def test_a_solver_whose_package_is_missing(solver, monkeypatch):
    (*_, package) = SOLVERS[solver].needs
    monkeypatch.setitem(sys.modules, package, None)
    words = rf"--solver {solver} needs {package}; run pip install 'paretocli\[rivals\]'"
    with pytest.raises(InputError, match=words):
        config("dtlz2", solver=solver)


def test_what_a_solver_takes_no_heed_of_is_told():
    given = {"problem": "vlmop2", "penalty": 3.0, "smoothing": 0.2}
    for solver, idle in (("chebyshev", ["smoothing"]), ("stch", ["penalty"])):
        expected = tuple(f"No effect with --solver {solver}: --{key}." for key in idle)
        assert resolve(given | {"solver": solver}).notes == expected


def test_a_lattice_that_does_not_fit_is_told():
    resolved = resolve({"problem": "dtlz2", "points": 20})
    assert len(resolved.config.weights) == 21
    assert resolved.notes == (
        "No lattice for 3 objectives has 20 points; the closest has 21 (5 divisions).",
    )
    assert resolve({"problem": "dtlz2", "points": 15}).notes == ()


def test_where_no_lattice_is_near_exactly_so_many_points_are_spread():
    resolved = resolve({"problem": "dtlz2", "points": 8})
    assert resolved.notes == (
        "No lattice for 3 objectives has about 8 points; 8 weights spread evenly take its place.",
    )
    weights = np.array(resolved.config.weights)
    assert weights.shape == (8, 3)
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    np.testing.assert_allclose(weights[0], 1 / 3)
    assert weights.min() > 0.009
    # 10 is within a fifth of 12.
    assert len(config("dtlz2", points=12).weights) == 10


def test_one_point_and_one_free_objective_need_no_spreading():
    assert len(config("dtlz2", points=1).weights) == 1
    assert len(config(points=50, fix=["f1=0.5"]).weights) == 1


def test_divisions():
    assert len(config("dtlz2", divisions=4).weights) == 15


def test_weights_given():
    found = config(weights=["1,3", "0.5,0.5"])
    np.testing.assert_allclose(found.weights, [[0.25, 0.75], [0.5, 0.5]])
    assert config(weights="1,3").weights == ((0.25, 0.75),)


def test_given_weights_stay_what_they_are_whatever_the_others(tmp_path):
    rows = ["0,1", "0.3,0.7", "1e-12,1", "0.001,0.999"]
    kept = ((0.0, 1.0), (0.3, 0.7), (1e-12, 1.0), (0.001, 0.999))
    for solver in ("chebyshev", "stch", "linear"):
        assert config(weights=rows, solver=solver).weights == kept
        assert config(weights="0,1", solver=solver).weights == kept[:1]
    path = tmp_path / "w.csv"
    path.write_text("f1,f2\n" + "\n".join(rows))
    assert config(weights_file=path).weights == kept
    assert resolve({"problem": "vlmop2", "weights": "0,1"}, single=True).config.weights == kept[:1]


def test_a_weight_of_0_is_explained_once():
    found = resolve({"problem": "dtlz2", "weights": ["0,1,1", "1,0,1", "1,1,1"]})
    (note,) = found.notes
    assert note.startswith("Some points have weight 0 for f1 or f2, which asks for nothing")
    assert resolve({"problem": "dtlz2", "weights": "1,2,3"}).notes == ()
    (note,) = resolve({"problem": "dtlz2", "fix": ["f2=0"]}).notes
    assert "weight 0 for f2" in note


def test_a_lattice_of_the_weighted_sum_has_real_corners():
    assert config(points=3, solver="linear").weights == ((0.0, 1.0), (0.5, 0.5), (1.0, 0.0))
    assert resolve({"problem": "vlmop2", "points": 3, "solver": "linear"}).notes == ()
    assert min(min(row) for row in config(points=3, solver="stch").weights) > 0.009


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
        (
            {"optimizer": "lbfgs"},
            "no optimizer named 'lbfgs'; choose one of adam, adamw, nadam, radam, sgd",
        ),
        ({"schedule": "cosin"}, "no schedule named 'cosin'; did you mean 'cosine'"),
        ({"network": "hps"}, "no network named 'hps' for problem vlmop2; choose one of variable"),
        ({"device": "gpu"}, "The device 'gpu' cannot be used here"),
        ({"precision": "tf32", "device": "cpu"}, "--precision tf32 is a format of NVIDIA's GPUs"),
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


# Sparsity

NETWORKS = """
import torch
from torch import nn
from paretocli.problems import Problem, Samples, Task

class Net(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.body = nn.Sequential()
        for a, b in zip(sizes, sizes[1:]):
            self.body.extend([nn.Linear(a, b), nn.ReLU()])
        self.heads = nn.ModuleList(nn.Linear(sizes[-1], 1) for _ in range(2))
    def forward(self, x):
        features = self.body(x)
        return [head(features) for head in self.heads]

def loss(output, target):
    return (output[:, 0] - target).square().mean()

def make(names=("a", "b"), **changes):
    inputs = torch.rand(6, 3, generator=torch.Generator().manual_seed(0))
    data = Samples(inputs, (inputs[:, 0], inputs[:, 1]))
    return Problem(
        name="nets", tasks=[Task(name, loss) for name in names], train=data, val=data, test=data,
        networks={
            "deep": lambda: Net(3, 8, 6, 4),
            "other": lambda: Net(3, 8, 7, 4),
            "shallow": lambda: Net(3, 5),
        },
        generic=False, **changes
    )

def clash():
    return make(("a", "sparsity"))

def ideal():
    return make(ideal=(-1.0, 0.25))
"""
HIDDEN = ("body.2.weight", "body.4.weight")


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    path = tmp_path_factory.mktemp("nets") / "nets.py"
    path.write_text(NETWORKS)
    return path


@pytest.fixture
def nets(networks):
    """`resolve` for the problem above."""

    def nets(function="make", *, single=False, **options):
        return resolve({"problem": f"{networks}:{function}", **options}, single=single)

    return nets


def test_a_network_has_sparsity_as_its_first_objective(nets):
    resolved = nets()
    found, defaults = resolved.config, resolved.problem.defaults
    assert found.network == "deep"
    assert found.objectives == ("sparsity", "a", "b")
    assert found.sparsity
    # Neither the input layer nor the heads.
    assert found.sparse_layers == HIDDEN
    names = ["body.0.weight", *HIDDEN, "heads.0.weight", "heads.1.weight"]
    assert [layer.name for layer in resolved.layers] == names
    assert {len(row) for row in found.weights} == {3}
    assert len(found.weights) == 10
    assert len(found.ideal) == 3
    assert found.retrain_epochs == defaults.retrain_epochs
    assert found.total_epochs == defaults.epochs + defaults.retrain_epochs
    assert found.retrain_lr == pytest.approx(defaults.lr / 2)
    assert found.held_lr == defaults.lr
    assert (found.frozen_point, found.freeze_sparsity) == ("", None)
    assert resolved.notes == ()
    assert nets(sparsity=True).config.digest() == found.digest()
    np.testing.assert_allclose(nets(single=True).config.weights, [[1 / 3] * 3])
    np.testing.assert_allclose(nets(weights="1,2,1").config.weights, [[0.25, 0.5, 0.25]])


def test_options_of_sparsity(nets):
    found = nets(epochs=7, retrain_epochs=3, lr=0.5, theta="ramp", theta_slope=2.0).config
    assert found.total_epochs == 10
    assert (found.retrain_lr, found.held_lr) == (0.25, 0.5)
    assert (found.theta, found.theta_slope) == ("ramp", 2.0)
    assert nets(lr=0.5, held_lr=0.125).config.held_lr == 0.125
    found = nets(retrain_epochs=0, retrain_lr=0.3, share_similarity=0.5, init="lsuv").config
    assert found.total_epochs == found.epochs
    assert (found.retrain_lr, found.share_similarity, found.init) == (0.3, 0.5, "lsuv")


def test_sparsity_left_out(nets):
    resolved = nets(sparsity=False, epochs=4)
    found = resolved.config
    assert found.objectives == ("a", "b")
    assert not found.sparsity
    assert found.sparse_layers == ()
    assert found.ideal == (0.0, 0.0)
    assert found.retrain_epochs == 0
    assert found.total_epochs == 4
    assert len(found.weights) == 9
    assert len(resolved.layers) == 5
    assert resolved.notes == ()


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ("body.2", [HIDDEN[0]]),
        ("body.2.weight", [HIDDEN[0]]),
        ("body.?", ["body.0.weight", *HIDDEN]),
        (" heads.1 , body.0", ["body.0.weight", "heads.1.weight"]),
        ("body.4,*.4", [HIDDEN[1]]),
        ("*", ["body.0.weight", *HIDDEN, "heads.0.weight", "heads.1.weight"]),
        (" , ", HIDDEN),
    ],
)
def test_layers_named_by_patterns(nets, patterns, expected):
    found = nets(sparse_layers=patterns).config
    assert found.sparse_layers == tuple(expected)
    assert found.objectives[0] == "sparsity"


def test_a_network_without_a_hidden_layer_has_none_to_count(nets):
    resolved = nets(network="shallow")
    assert resolved.config.objectives == ("a", "b")
    assert not resolved.config.sparsity
    assert resolved.config.retrain_epochs == 0
    assert resolved.notes == (
        "No layer lies between input layers and task heads: sparsity is no objective.",
    )
    assert nets(network="shallow", sparsity=False).notes == ()
    named = nets(network="shallow", sparse_layers="body.0").config
    assert named.objectives == ("sparsity", "a", "b")
    assert named.sparse_layers == ("body.0.weight",)


@pytest.mark.parametrize(
    ("problem", "options", "message"),
    [
        ("make", {"sparse_layers": "body.3"}, "--sparse-layers body.3 matches no layer; .* body.0"),
        ("make", {"sparse_layers": "body.2,tail*"}, r"--sparse-layers tail\* matches no layer"),
        ("make", {"network": "shallow", "sparsity": True}, "no rows can be counted"),
        ("make", {"weights": "1,1"}, "has 2 numbers, but there are 3 objectives .sparsity, a, b"),
        ("make", {"ideal": "0,0"}, "should be 3 finite numbers .* each of sparsity, a, b"),
        (
            "make",
            {"theta": "rampp"},
            "--theta should be one of flat, spike, lin",
        ),
        ("make", {"sparsity_scale": "own"}, "--sparsity-scale should be one of"),
        ("make", {"init": "zeros"}, "--init should be one of default, lsuv, found zeros"),
        ("make", {"retrain_epochs": -1}, "--retrain-epochs should be at least 0, found -1"),
        ("make", {"retrain_lr": 0.0}, "--retrain-lr should be positive and finite, found 0"),
        ("make", {"lr": 0.0}, "^--lr should be positive and finite, found 0"),
        ("clash", {}, "has a task named sparsity, .* rename the task"),
        ("clash", {"sparsity": False}, "has a task named sparsity"),
    ],
)
def test_wrong_options_of_sparsity(nets, problem, options, message):
    with pytest.raises(InputError, match=message):
        nets(problem, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sparsity": True}, "no matrix or convolution between .* so that no rows can be counted"),
        ({"sparse_layers": "*"}, "matches no layer; the network's matrices and .* are none"),
        ({"fix": ["sparsity=0.1"]}, "names no objective; the objectives are f1, f2"),
    ],
)
def test_an_analytic_problem_has_no_sparsity(options, message):
    with pytest.raises(InputError, match=message):
        config(**options)


# The ideal of sparsity


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"theta": "ramp", "slope": 3.0},
        {"max_layer_sparsity": 0.5},
        {"relative": False},
    ],
)
def test_the_ideal_of_sparsity_is_its_smallest_value(nets, settings):
    names = {"slope": "theta_slope", "relative": "sparsity_scale"}
    options = {names.get(name, name): value for name, value in settings.items()}
    if "sparsity_scale" in options:
        options["sparsity_scale"] = "absolute"
    resolved = nets("ideal", **options)
    counted = [layer for layer in resolved.layers if layer.name in HIDDEN]
    settings = {"theta": resolved.config.theta, **settings}
    shares = resolved.config.sparsity_shares
    objective = SparsityObjective(counted, SparsitySettings(**settings), CPU, shares)
    assert resolved.config.ideal == (pytest.approx(objective.smallest()), -1.0, 0.25)
    assert nets("ideal", sparsity=False).config.ideal == (-1.0, 0.25)


def test_the_ideal_follows_the_layers_that_count(nets):
    # Of 6 rows one is left at least.
    assert nets(sparse_layers="body.4", theta="flat").config.ideal[0] == pytest.approx(6**-0.5)
    assert nets(sparse_layers="body.2", theta="flat").config.ideal[0] == pytest.approx(8**-0.5)
    # Where rows have to stay, they may be as short as they like.
    half = nets(sparse_layers="body.2", theta="flat", max_layer_sparsity=0.5).config
    assert half.ideal[0] == pytest.approx(8**-0.5)
    assert nets(sparsity_scale="absolute").config.ideal == (0.0, 0.0, 0.0)
    assert nets(ideal="0.1,0,-1").config.ideal == (0.1, 0.0, -1.0)


# Fixed weights


def test_a_fixed_weight_with_a_grid_of_the_others(nets):
    resolved = nets(fix=["sparsity=0.01"], points=5)
    found = np.array(resolved.config.weights)
    assert found.shape == (5, 3)
    np.testing.assert_allclose(found[:, 0], 0.01)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    # The others are the grid of two objectives, kept off zero as ever.
    plain = np.array(nets(sparsity=False, points=5).config.weights)
    np.testing.assert_allclose(found[:, 1:], 0.99 * plain)
    assert resolved.notes == ()
    assert len(nets(fix=["sparsity=0.01"]).config.weights) == 9
    assert len(nets(fix=["a=0.3"], divisions=6).config.weights) == 7


def test_a_fixed_weight_with_weights_of_the_others(nets, tmp_path):
    expected = [[0.2, 0.2, 0.6], [0.2, 0.4, 0.4]]
    found = nets(fix=["sparsity=0.2"], weights=["1,3", "0.5,0.5"]).config
    np.testing.assert_allclose(found.weights, expected)
    path = tmp_path / "w.csv"
    path.write_text("b,a\n3,1\n1,1\n")
    found = nets(fix=["sparsity=0.2"], weights_file=path).config
    np.testing.assert_allclose(found.weights, expected)
    found = nets(fix=["b=0.5"], weights="1,3").config
    np.testing.assert_allclose(found.weights, [[0.125, 0.375, 0.5]])
    found = nets(fix=["b=0.5", "a=0.3"], single=True).config
    np.testing.assert_allclose(found.weights, [[0.2, 0.3, 0.5]])
    found = nets(fix=["sparsity=0.2"], single=True).config
    np.testing.assert_allclose(found.weights, [[0.2, 0.4, 0.4]])
    found = nets(fix=["sparsity=0"], weights="1,3").config
    np.testing.assert_allclose(found.weights, [[0, 0.25, 0.75]])


def test_a_fixed_weight_without_sparsity(nets):
    found = nets(sparsity=False, fix=["a=0.3"], points=5).config
    np.testing.assert_allclose(found.weights, [[0.3, 0.7]])
    np.testing.assert_allclose(config(fix=["f2=0.25"]).weights, [[0.75, 0.25]])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fix": ["sparsity"]}, "--fix sparsity should be an objective and a number"),
        ({"fix": ["c=0.1"]}, "--fix c=0.1 names no objective; the objectives are sparsity, a, b"),
        ({"fix": ["sparsity=0.6", "a=0.4"]}, "The weights of --fix sum to 1"),
        ({"fix": ["sparsity=0.1", "a=0.1", "b=0.1"]}, "--fix names all objectives"),
        ({"fix": ["sparsity=0.1"], "sparsity": False}, "names no objective; .* are a, b"),
        (
            {"fix": ["sparsity=0.1"], "weights": "1,1,1"},
            "has 3 numbers, but there are 2 objectives .a, b.",
        ),
        ({"fix": ["sparsity=0.1"], "weights": ["1,1", "2,2"]}, "1 of the 2 weights are given twi"),
    ],
)
def test_wrong_fixed_weights(nets, options, message):
    with pytest.raises(InputError, match=message):
        nets(**options)


# A point of an earlier sweep


def write_point(file, networks, network="deep", seed=5):
    """The network of a point with zero rows and tied rows in its first hidden layer."""
    made = build_network(network, load_problem(f"{networks}:make", Path()), seed)
    state = made.state_dict()
    state["body.2.weight"][:, [1, 4]] = 0
    state["body.2.weight"][:, 3] = state["body.2.weight"][:, 0]
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file(state, file)
    return file


@pytest.fixture
def earlier(tmp_path, networks):
    """A run directory with points 0 and 3 of the network `deep`."""
    directory = tmp_path / "earlier"
    for point in (0, 3):
        write_point(directory / "points" / f"{point:04d}.safetensors", networks, seed=point)
    return directory


def test_a_frozen_pattern_leaves_the_tasks_alone(nets, earlier):
    file = earlier / "points" / "0003.safetensors"
    resolved = nets(freeze_sparsity=file, epochs=4)
    found = resolved.config
    assert found.objectives == ("a", "b")
    assert not found.sparsity
    assert found.sparse_layers == ()
    assert found.retrain_epochs == 0
    assert found.total_epochs == 4
    assert len(found.weights) == 9
    assert found.ideal == (0.0, 0.0)
    assert found.freeze_sparsity == file
    assert len(found.frozen_point) == 64
    assert resolved.notes == ()
    np.testing.assert_allclose(
        nets(freeze_sparsity=file, fix=["a=0.2"]).config.weights, [[0.2, 0.8]]
    )
    assert nets(freeze_sparsity=file, sparsity=False).config.objectives == ("a", "b")


def test_sparsity_stays_where_it_has_a_weight_beside_a_frozen_pattern(nets, earlier):
    found = nets(freeze_sparsity=Path(f"{earlier}:0"), fix=["sparsity=0.1"], points=3).config
    assert found.objectives == ("sparsity", "a", "b")
    assert found.sparsity
    assert found.sparse_layers == HIDDEN
    assert found.retrain_epochs == 0
    weights = np.array(found.weights)
    assert weights.shape == (3, 3)
    np.testing.assert_allclose(weights[:, 0], 0.1)
    named = nets(
        freeze_sparsity=Path(f"{earlier}:0"), fix=[" sparsity = 0.1"], sparse_layers="body.4"
    )
    assert named.config.sparse_layers == HIDDEN[1:]
    assert named.notes == ()
    with pytest.raises(InputError, match="names no objective; the objectives are a, b"):
        nets(freeze_sparsity=Path(f"{earlier}:0"), fix=["sparsity=0.1"], sparsity=False)


def test_the_forms_in_which_a_point_is_named(nets, earlier):
    file = earlier / "points" / "0003.safetensors"
    whole = nets(freeze_sparsity=file).config
    for form in (f"{earlier}:3", f"{earlier}:0003", str(file)):
        found = nets(freeze_sparsity=Path(form)).config
        assert found.freeze_sparsity == file
        assert found.frozen_point == whole.frozen_point
        assert found.digest() == whole.digest()
    other = nets(freeze_sparsity=Path(f"{earlier}:0")).config
    assert other.frozen_point != whole.frozen_point
    assert other.digest() != whole.digest()
    # A directory with one point needs no number.
    (earlier / "points" / "0000.safetensors").unlink()
    assert nets(freeze_sparsity=earlier).config.frozen_point == whole.frozen_point


def test_what_counts_is_the_content_of_the_point_not_its_place(nets, earlier, tmp_path):
    copy = tmp_path / "copy.safetensors"
    copy.write_bytes((earlier / "points" / "0003.safetensors").read_bytes())
    one, other = (
        nets(freeze_sparsity=copy).config,
        nets(freeze_sparsity=Path(f"{earlier}:3")).config,
    )
    assert one.digest() == other.digest()
    assert one.of_kind("identity") == other.of_kind("identity")


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ("{}", "holds 2 finished points where one was expected; name the point, as in .*:0"),
        ("{}:7", "There is no file .*0007.safetensors; check the run directory and the point"),
        ("{}:x", "There is no point .*:x; name a run directory and a point"),
        ("{}:-1", "There is no point"),
        ("nowhere", "There is no point nowhere; name a run directory and a point, as in runs/a:3"),
        ("nowhere:0", "There is no file nowhere/points/0000.safetensors"),
        ("nowhere.safetensors", "There is no file nowhere.safetensors"),
        ("{}/points", "holds 0 finished points where one was expected"),
        ("{}/points/note.txt", "note.txt cannot be read"),
    ],
)
def test_points_that_are_not_there(nets, earlier, form, message):
    (earlier / "points" / "note.txt").write_text("no network")
    with pytest.raises(InputError, match=message):
        nets(freeze_sparsity=Path(form.format(earlier)))


def test_a_point_of_another_network_is_refused(nets, earlier, networks, tmp_path):
    with pytest.raises(InputError, match=r"point of another network \(body.2.weight has the shape"):
        nets(freeze_sparsity=Path(f"{earlier}:3"), network="other")
    with pytest.raises(InputError, match=r"another network \(body.2.bias: the network asked for h"):
        nets(freeze_sparsity=Path(f"{earlier}:3"), network="shallow")
    save_file({"variable": torch.zeros(10)}, tmp_path / "analytic.safetensors")
    with pytest.raises(InputError, match=r"another network .* choose the same --network"):
        nets(freeze_sparsity=tmp_path / "analytic.safetensors")
    with pytest.raises(InputError, match="no matrix or convolution whose rows could be kept"):
        config(freeze_sparsity=tmp_path / "analytic.safetensors")


# Options without effect


@pytest.mark.parametrize(
    ("options", "note"),
    [
        (
            {"sparsity": False, "theta": "ramp", "retrain_lr": 0.1},
            "No effect without sparsity: --theta, --retrain-lr.",
        ),
        (
            {"sparsity": False, "sparse_layers": "body.*", "max_layer_sparsity": 0.5},
            "No effect without sparsity: --sparse-layers, --max-layer-sparsity.",
        ),
        (
            {"freeze": True, "retrain_epochs": 3, "share_similarity": 0.5, "theta": "ramp"},
            "No effect with --freeze-sparsity: --theta, --share-similarity, --retrain-epochs.",
        ),
        ({"freeze": True, "sparsity": True}, "No effect with --freeze-sparsity: --sparsity."),
        (
            {"freeze": True, "fix": ["sparsity=0.1"], "max_layer_sparsity": 1.0, "retrain_lr": 0.2},
            "No effect with --freeze-sparsity: --max-layer-sparsity, --retrain-lr.",
        ),
        ({"theta": "flat", "theta_slope": 2.0}, "No effect with --theta flat: --theta-slope."),
    ],
)
def test_options_without_effect_are_told(nets, earlier, options, note):
    if options.pop("freeze", False):
        options["freeze_sparsity"] = Path(f"{earlier}:3")
    assert nets(**options).notes == (note,)


def test_options_that_do_something_are_not_told(nets, earlier):
    settings = {"theta": "ramp", "theta_slope": 2.0, "retrain_epochs": 3, "max_layer_sparsity": 0.5}
    assert nets(**settings, sparse_layers="body.2", init="lsuv", sparsity=True).notes == ()
    # The start still sets the scale.
    kept = {"init": "lsuv", "theta": "ramp", "fix": ["sparsity=0.1"]}
    assert nets(freeze_sparsity=Path(f"{earlier}:3"), **kept).notes == ()
    assert config("zdt1", points=3, theta="ramp").objectives == ("f1", "f2")
    assert resolve({"problem": "zdt1", "theta": "ramp"}).notes == (
        "No effect without sparsity: --theta.",
    )


# Transfer


@pytest.mark.parametrize("rule", ["neighbours", "adaptive", "split", "manifold"])
def test_points_that_learn_from_each_other_train_together(rule):
    given = config(transfer=rule, points=7)
    assert given.transfer == rule
    assert given.stack == 7
    with pytest.raises(InputError, match=rf"--stack 3 would keep apart .*--transfer {rule}"):
        config(transfer=rule, points=7, stack=3)
    assert config(points=7, stack=3).transfer == "none"


def test_options_of_transfer():
    given = config(branch_at="0.25, 0.5", transfer="split", batches="independent")
    assert given.transfer_options["branch_at"] == (0.25, 0.5)
    assert given.batches == "independent"
    assert config().transfer_options == {
        "transfer_tensors": ("*",),
        "transfer_strength": 0.5,
        "transfer_until": 0.7,
        "transfer_kernel": "gaussian",
        "transfer_reach": 1.0,
        "branch_at": (0.5,),
        "manifold_draws": 2,
        "manifold_until": 1.0,
        "dirichlet": 1.0,
        "rank": 0,
        "cosmos_pull": 0.01,
    }


def test_the_tensors_that_take_part(nets):
    given = nets(transfer="neighbours", transfer_tensors="body*.weight").config
    assert given.transfer_options["transfer_tensors"] == ("body*.weight",)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"transfer": "neighbors"}, "did you mean 'neighbours'"),
        (
            {"transfer": "neighbours", "transfer_kernel": "box"},
            "--transfer-kernel should be one of gaussian",
        ),
        ({"transfer": "split", "branch_at": "half"}, "--branch-at should be numbers separated"),
        ({"transfer": "split", "branch_at": "0.5,0.2"}, "--branch-at should be rising shares"),
        ({"transfer": "neighbours", "transfer_tensors": "z*"}, "z. matches no parameter"),
        ({"batches": "own"}, "--batches should be one of shared, independent"),
    ],
)
def test_wrong_options_of_transfer(options, message):
    with pytest.raises(InputError, match=message):
        config(**options)


def test_options_of_transfer_that_do_nothing_are_told():
    def notes(**options):
        return resolve({"problem": "vlmop2", **options}).notes

    assert notes(transfer="split", branch_at="0.4") == ()
    assert notes(transfer="split", transfer_reach=2.0) == (
        "No effect with --transfer split: --transfer-reach.",
    )
    assert notes(branch_at="0.4", transfer_strength=0.2) == (
        "No effect with --transfer none: --transfer-strength, --branch-at.",
    )
    assert notes(transfer="adaptive", weights=["0.5,0.5"]) == (
        "No effect with one point, which has nobody to learn from: --transfer.",
    )


def test_fewer_training_samples():
    whole, part = resolve({}), resolve({"train_samples": 100})
    assert whole.config.train_samples == len(whole.problem.train) == 10_780
    assert part.config.train_samples == len(part.problem.train) == 100
    assert len(part.problem.val) == len(whole.problem.val)
    assert torch.equal(part.problem.train.inputs, whole.problem.train.inputs[:100])
    for count in (0, 10_781):
        with pytest.raises(InputError, match=rf"from 1 to 10780, .* found {count}"):
            resolve({"train_samples": count})


def test_shares_that_nothing_counts_by_are_no_part_of_a_sweep():
    assert config(sparsity_of="macs").sparsity_of == "own"  # vlmop2 has no layers


def test_without_a_problem_a_front_grows():
    found = resolve({})
    assert (found.config.problem, found.config.network) == ("multidigits", "hps")
    assert len(found.config.weights) == 4
    assert found.growth.points == 8
    (note,) = found.notes
    assert note.endswith("multidigits --network hps --placement adaptive --points 8 --stack 1.")
    named = {"problem": "multidigits", "network": "hps", "placement": "adaptive", "stack": 1}
    assert resolve(named).config == found.config
    assert resolve({"stack": 3}).config.stack == 3


@pytest.mark.parametrize(
    "said", [{"points": 6}, {"weights": ["1,1,1"]}, {"solver": "linear"}, {"sparsity": False}]
)
def test_who_says_more_has_something_else_in_mind(said):
    found = resolve(said)
    assert found.growth is None
    assert found.config.network == "hps"
    assert found.notes[0] == "This is paretocli sweep multidigits --network hps."
    assert resolve({"network": "narrow"} | said).notes[0] == "This is paretocli sweep multidigits."

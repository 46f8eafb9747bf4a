"""Losses that are not bounded by 0: their ideals are learned, or nothing is claimed."""

import json
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import spearmanr
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, mse_loss

from paretocli.core.known_bounds import is_never_negative
from paretocli.core.task import Task
from paretocli.errors import InputError
from paretocli.front.status import read_status
from paretocli.probing.probe import can_fall_below_0
from paretocli.sweeping.resolve import resolve
from paretocli.sweeping.run import run_sweep
from paretocli.sweeping.store import RunDirectory

PROBLEM = """
import torch
from torch import nn
from paretocli.problems import Defaults, Problem, Samples, Task

class Narrow(nn.Module):
    # One feature for two tasks.
    def __init__(self):
        super().__init__()
        self.shared = nn.Linear(4, 1)
        self.heads = nn.ModuleList(nn.Linear(1, 2) for _ in range(2))

    def forward(self, inputs):
        features = self.shared(inputs)
        return [head(features) for head in self.heads]

def likelihood(output, target):
    mean, log_deviation = output[:, :1], output[:, 1:]
    return (0.5 * ((target - mean) / log_deviation.exp()) ** 2 + log_deviation).mean()

def make(lower_bound=None):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(600, 4, generator=generator)
    noise = 0.1 * torch.randn(600, 2, generator=generator)
    a, b = (x[:, i : i + 1] + x[:, 1 - i : 2 - i] / 2 + noise[:, i : i + 1] for i in (0, 1))
    train, val, test = Samples(x, (a, b)).split(0.6, 0.2, 0.2)
    tasks = [Task(name, likelihood, lower_bound=lower_bound) for name in "ab"]
    return Problem(name="narrow", tasks=tasks, train=train, val=val, test=test,
                   networks={"own": Narrow},
                   defaults=Defaults(points=9, epochs=30, batch_size=36, lr=2e-2))

def bounded():
    return make(0.0)

def far_bounded():
    return make(-5.0)
"""


class Told:
    """An observer that remembers notes, and may ask to stop after some epochs."""

    def __init__(self):
        self.notes, self.epochs = [], 0

    def note(self, text):
        if not text.startswith("Computing on"):
            self.notes.append(text)

    def epoch_finished(self, points, lines, hypervolume):
        self.epochs += 1

    def __getattr__(self, name):
        return lambda *args: None


def sweep(tmp_path, out, function="make", *, stop=lambda: False, **options):
    """Run a sweep; its directory, the observer and what was said before."""
    file = tmp_path / "narrow.py"
    if not file.exists():
        file.write_text(PROBLEM)
    given = {"problem": f"{file}:{function}", "sparsity": False, "threads": 1, "jobs": 1}
    resolved = resolve({**given, "out": tmp_path / out, **options})
    told = Told()
    run_sweep(
        resolved.config,
        resolved.problem,
        RunDirectory(resolved.config.out),
        told,
        checksums=resolved.checksums,
        stop=stop,
    )
    return resolved.config.out, told, resolved


def table(path):
    return pd.read_csv(path / "results.csv")


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    """A sweep by each solver whose ideals were learned."""
    folder = tmp_path_factory.mktemp("learned")
    short = {"points": 5, "epochs": 15, "lr": 0.05}
    return {s: sweep(folder, s, solver=s, **short) for s in ("chebyshev", "stch")}


@pytest.mark.parametrize("solver", ["chebyshev", "stch"])
def test_more_weight_makes_a_likelihood_smaller(learned, solver):
    path, told, resolved = learned[solver]
    assert resolved.config.ideal == (None, None)
    assert any("a and b can fall below 0, and no bound" in note for note in resolved.notes)
    assert told.notes == ["Training a and b alone first, to learn how low they can get."]
    found = table(path)
    for name in "ab":
        rank = spearmanr(found[f"weight_{name}"], found[f"loss_{name}_test"])[0]
        assert rank <= -0.9, (name, rank)
        assert found[f"loss_{name}_test"].min() < -1
    note = json.loads((path / "normalisation.json").read_text())
    assert (found[["loss_a_train", "loss_b_train"]].to_numpy() > note["ideal"]).all()
    assert found["gap"].notna().all()
    assert 0 < read_status(path).hypervolume < 1


def test_a_stop_while_learning_changes_nothing(tmp_path):
    short = {"points": 2, "epochs": 2, "stack": 1}
    whole, *_ = sweep(tmp_path, "whole", **short)
    calls = iter([False, False, True])
    stopped, told, _ = sweep(tmp_path, "stopped", stop=lambda: next(calls, True), **short)
    assert told.epochs == 0
    assert not (stopped / "normalisation.json").exists()
    sweep(tmp_path, "stopped", **short)
    for name in ("normalisation.json", "points/0001.safetensors"):
        assert (stopped / name).read_bytes() == (whole / name).read_bytes()


def test_a_declared_bound_is_taken_and_nothing_is_trained_alone(tmp_path):
    path, told, resolved = sweep(tmp_path, "far", "far_bounded", points=2, epochs=1)
    assert resolved.config.ideal == (-5.0, -5.0)
    assert told.notes == []
    assert json.loads((path / "normalisation.json").read_text())["ideal"] == [-5.0, -5.0]
    given = sweep(tmp_path, "given", ideal="-4,-3", points=2, epochs=1)
    assert given[2].config.ideal == (-4.0, -3.0)
    assert given[1].notes == []


@pytest.mark.parametrize("solver", ["chebyshev", "stch", "linear"])
def test_a_loss_below_its_ideal_ends_what_is_claimed(tmp_path, solver):
    path, told, _ = sweep(tmp_path, "low", "bounded", solver=solver, points=3, epochs=10, seed=1)
    assert len(told.notes) == 2
    assert all("below its ideal of 0, which is no bound then" in note for note in told.notes)
    records = [json.loads(file.read_text()) for file in sorted(path.glob("points/*.json"))]
    below = [record for record in records if "below_ideal" in record]
    assert {name for record in below for name in record["below_ideal"]} == {"a", "b"}
    for record in below:
        assert record["gap"] is record["relative_gap"] is record["chebyshev_value"] is None
    lines = [json.loads(line) for line in next(path.glob("history/*")).read_text().splitlines()]
    assert lines[0]["hypervolume_val"] is not None
    assert lines[-1]["hypervolume_val"] is lines[-1]["hypervolume_test"] is None
    found = read_status(path)
    assert found.hypervolume is None
    assert found.notes == ("There is no hypervolume: the loss of a and b fell below its ideal.",)
    if solver != "linear":  # weights keep their meaning even so
        for name in "ab":
            assert spearmanr(table(path)[f"weight_{name}"], table(path)[f"loss_{name}_test"])[0] < 0


def test_a_start_below_0_and_no_scale(tmp_path):
    config = resolve({"problem": "vlmop2", "ideal": "0,0"}).config
    assert config.ideal == (0.0, 0.0)
    path, _, resolved = sweep(tmp_path, "none", scale="none", points=2, epochs=2)
    assert resolved.config.ideal == (None, None)
    note = json.loads((path / "normalisation.json").read_text())
    assert note["scale"] == [1.0, 1.0]
    assert (np.array(note["worst"]) >= np.array(note["ideal"]) + 1).all()


# What is known and what is found of losses


def nothing_below(output, target):
    return (output - target).abs().mean()


def cosine(output, target):
    return -torch.cosine_similarity(output, target).mean()


def hidden(output, target):
    """Below 0 far from where networks start."""
    return (1 + 0.01 * (output - target)).mean().clamp(min=-1.0) ** 3


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (nothing_below, False),
        (lambda o, t: 1 - torch.cosine_similarity(o, t).mean(), False),
        (lambda o, t: binary_cross_entropy_with_logits(o, (t > 0).to(o)), False),
        (cosine, True),
        (hidden, True),
        (lambda o, t: torch.log((o - t).square().mean() + 1e-3), True),
    ],
)
def test_what_moving_the_outputs_finds(loss, expected):
    generator = torch.Generator().manual_seed(3)
    output, target = (torch.randn(8, 3, generator=generator) for _ in range(2))
    state = torch.get_rng_state()
    assert can_fall_below_0(Task("a", loss), output, target) is expected
    assert torch.equal(torch.get_rng_state(), state)


def test_losses_of_torch_that_are_known():
    for loss in (mse_loss, partial(cross_entropy, label_smoothing=0.1), nn.L1Loss()):
        assert is_never_negative(loss)
    for loss in (nn.GaussianNLLLoss(), binary_cross_entropy_with_logits, lambda o, t: o.mean()):
        assert not is_never_negative(loss)


def test_a_loss_that_reaches_no_parameter_is_refused_as_check_does(tmp_path):
    (tmp_path / "narrow.py").write_text(
        PROBLEM + "\ndef cut():\n    made = make()\n    made.tasks[0] = "
        "Task('a', lambda o, t: likelihood(o.detach(), t))\n    return made\n"
    )
    with pytest.raises(InputError, match="The loss of task a reaches no parameter; compute it"):
        sweep(tmp_path, "cut", "cut")
    assert not (tmp_path / "cut").exists()


def test_an_ideal_that_the_start_has_reached_is_refused(tmp_path):
    with pytest.raises(
        InputError, match=r"Objective a is .* at initialisation, not above its idea"
    ):
        sweep(tmp_path, "high", ideal="50,0", points=2, epochs=1)

"""Parameters that are frozen in the first epochs."""

import dataclasses

import pytest
import torch

from paretocli.errors import InputError
from paretocli.networks.building import build_network
from paretocli.population.parameter_groups import thaw_epochs
from paretocli.population.transfer import Neighbours
from paretocli.sparsity.layers import find_layers
from paretocli.sparsity.objective import SparsityObjective, SparsitySettings
from paretocli.sparsity.pattern import present_pattern
from paretocli.training import passing
from paretocli.training.batches import batches
from paretocli.training.best import take_up
from paretocli.training.thawing import trained
from tests.odd import problem as odd_problem
from tests.toys import CPU, HIDDEN, Wide, growl_of, make_trainer, solve, vectors
from tests.training.test_optimisation import SPARSE, WEIGHTS, all_alike, as_by_hand, cosine
from tests.training.test_trainer import saved_and_loaded

BODY = tuple(name for name, _ in Wide().named_parameters() if name.startswith("body."))
AT_FIRST = dict.fromkeys(BODY, 2)


def sparse(**settings):
    problem = vectors()
    known = {"epochs": 4, "optimizer": "adamw", "weight_decay": 0.1, **settings}
    return make_trainer(problem, SPARSE, sparsity=growl_of(problem), **known)


def now(trainer):
    return {name: t.clone() for name, t in trainer.population.state_dict().items()}


def unchanged(one, other):
    return {name for name in one if torch.equal(one[name], other[name])}


# What is trained


@pytest.mark.parametrize("controls", [{}, {"clip_norm": 0.2, "micro_batch": 8}])
def test_against_a_loop_of_plain_torch(controls):
    clip = {"clip": controls["clip_norm"]} if controls else {}
    as_by_hand(
        {"thaw_epochs": AT_FIRST, **controls},
        groups=all_alike,
        factor=cosine,
        frozen=lambda name, epoch: name in BODY and epoch < 2,
        **clip,
    )


def gradients(trainer, epoch):
    """What a step's gradient is in an epoch, by name; None where there is none."""
    trainer.thawing.begin_epoch(epoch)
    trainer.population.train()
    batch, _, _ = next(iter(batches(trainer.splits["train"], trainer.settings, 0)))
    torch.manual_seed(0)
    trainer.gradients.of(batch, trainer.descent)
    return {name: p.grad for name, p in trainer.population.parameters.items()}


@pytest.mark.parametrize("solver", ["linear", "chebyshev", "mgda"])
@pytest.mark.parametrize("micro_batch", [0, 3])
def test_gradients_are_those_without(solver, micro_batch):
    def make(**settings):
        problem, rows = vectors(), WEIGHTS[:1] if solver == "mgda" else WEIGHTS
        return make_trainer(problem, rows, solver, micro_batch=micro_batch, **settings)

    plain, thawing = make(), make(thaw_epochs=AT_FIRST)
    expected, frozen, thawed = (
        gradients(one, epoch) for one, epoch in ((plain, 0), (thawing, 1), (thawing, 2))
    )
    assert {name for name, gradient in frozen.items() if gradient is None} == set(BODY)
    if solver != "mgda":  # whose weights follow from the gradients of what is trained
        heads = {name: expected[name] for name in expected.keys() - set(BODY)}
        torch.testing.assert_close({n: frozen[n] for n in heads}, heads, rtol=0, atol=0)
    torch.testing.assert_close(thawed, expected, rtol=0, atol=0)


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "nadam", "radam", "sgd"])
def test_what_is_frozen_stays_and_is_not_remembered(optimizer):
    trainer = sparse(optimizer=optimizer, thaw_epochs=AT_FIRST)
    before, kept = now(trainer), set(BODY)
    free, proximal = trainer.descent.optimizers
    for _ in range(2):
        trainer.run_epoch()
        assert unchanged(before, now(trainer)) == kept
        assert {name for name, p in trainer.population.parameters.items() if p in free.state} == {
            name for name in trainer.population.parameters if name not in kept
        }
        assert not proximal.state
    trainer.run_epoch()
    assert unchanged(before, now(trainer)) == set()
    assert [float(state["step"]) for state in proximal.state.values()] == [8.0]  # of one epoch


def test_what_batch_norm_remembers_goes_on():
    trainer = sparse(thaw_epochs=AT_FIRST)
    before = now(trainer)["body.1.running_mean"]
    trainer.run_epoch()
    assert not torch.equal(now(trainer)["body.1.running_mean"], before)


def test_nothing_passes_between_what_is_frozen(monkeypatch):
    """Means of equal numbers are equal but for rounding."""
    monkeypatch.setattr(passing, "TRANSFER_INTERVAL", 1)

    def neighbours(solver):
        weights = solver.scalarization.weights
        return Neighbours(weights, kernel="gaussian", reach=1.0, strength=0.3, until=1.0)

    trainer = sparse(transfer=neighbours, thaw_epochs=AT_FIRST)
    before = now(trainer)
    trainer.run_epoch()
    assert unchanged(before, now(trainer)) == set(BODY)


def test_frozen_rows_that_are_tied_stay_as_they_are():
    problem = vectors()
    network = build_network("wide", problem, 0)
    weight = network.get_parameter(HIDDEN).detach().unsqueeze(0).repeat(2, 1, 1)
    weight[:, :, 7] = 0
    weight[:, :, 1:4] = weight[:, :, :1]
    pattern = present_pattern({HIDDEN: weight})
    trainer = make_trainer(
        problem, WEIGHTS[:2], "linear", pattern=pattern, thaw_epochs=AT_FIRST, epochs=4
    )
    before = now(trainer)
    trainer.run_epoch()
    assert unchanged(before, now(trainer)) == set(BODY)


class Branches(torch.nn.Module):
    """Two layers that read one channel each of the same ones."""

    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(6, 8)
        self.left, self.right = torch.nn.Linear(8, 5), torch.nn.Linear(8, 5)
        self.kind, self.size = torch.nn.Linear(5, 3), torch.nn.Linear(5, 1)

    def forward(self, inputs):
        features = torch.relu(self.first(inputs))
        left, right = torch.relu(self.left(features)), torch.relu(self.right(features))
        return [self.kind(left), self.size(right).squeeze(-1)]


def test_rows_that_go_together_thaw_together():
    problem = odd_problem(Branches)
    layers = [
        layer
        for layer in find_layers(Branches(), problem.train.inputs[:2])
        if layer.name in ("left.weight", "right.weight")
    ]
    together = ((("left.weight", "0:8"), ("right.weight", "0:8")),)
    sparsity = SparsityObjective(layers, SparsitySettings(), CPU, grouping=together)
    defaults = {"optimizer": "adam", "epochs": 4}
    trainer = make_trainer(
        named(problem, "net"), SPARSE, sparsity=sparsity, thaw_epochs={"left.weight": 2}, **defaults
    )
    before = now(trainer)
    for _ in range(2):
        trainer.run_epoch()
        assert unchanged(before, now(trainer)) == {"left.weight", "right.weight"}
    trainer.run_epoch()
    assert unchanged(before, now(trainer)) == set()


def named(problem, network):
    defaults = dataclasses.replace(problem.defaults, network=network)
    return dataclasses.replace(problem, defaults=defaults)


# Going on, ending, and the certificate


@pytest.mark.parametrize("epoch", [1, 2, 5])
def test_a_run_at_once_and_in_two_parts(epoch):
    def make():
        settings = {"retrain_epochs": 2, "retrain_lr": 0.01, "share_similarity": 0.9}
        return sparse(thaw_epochs=AT_FIRST | {"body.4.weight": 3}, **settings)

    straight, first, resumed = (make() for _ in range(3))
    for _ in range(epoch):
        first.run_epoch()
    resumed.load_state_dict(saved_and_loaded(first.state_dict()))
    one, other = solve(straight), solve(resumed)
    torch.testing.assert_close(one.tensors, other.tensors, rtol=0, atol=0)
    torch.testing.assert_close(one.stationarity, other.stationarity, rtol=0, atol=0)


def test_no_search_ends_before_all_is_trained():
    stuck = {"epochs": 20, "patience": 1, "lr": 1e-9, "schedule": "constant"}
    epochs = [
        solve(make_trainer(vectors(), WEIGHTS, "linear", **stuck, thaw_epochs=thaw)).epochs
        for thaw in ({}, dict.fromkeys(BODY, 6))
    ]
    assert max(epochs[0]) < 6
    assert min(epochs[1]) == 7


def test_the_certificate_is_over_all_that_is_trained_in_the_end():
    """Also where the best epoch was one in which some of it was frozen."""
    thawing, plain = sparse(thaw_epochs=AT_FIRST), sparse()
    for trainer in (thawing, plain):
        trainer.run_epoch()
    for name, tensor in plain.best.tensors.items():
        tensor.copy_(thawing.best.tensors[name])
    take_up(plain.best.tensors, plain.population, plain.solver)
    found = thawing.finish()
    torch.testing.assert_close(found.stationarity, plain.finish().stationarity, rtol=0, atol=0)
    assert set(trained(thawing.population)) == set(thawing.population.parameters)


# Who is frozen


def test_epochs_by_name():
    network = Wide()
    network.body[1].bias.requires_grad_(False)
    found = thaw_epochs(network, [("body.*", 3), ("body.4.*", 1)], 4)
    assert found == dict.fromkeys(("body.0.weight", "body.1.weight"), 3) | dict.fromkeys(
        ("body.4.weight", "body.4.bias"), 1
    )
    assert thaw_epochs(network, [], 1) == {}


@pytest.mark.parametrize(
    ("thaw", "words"),
    [
        ([("trunk.*", 2)], r"--thaw trunk.\*=2 matches no parameter .* there are body.0.weight"),
        ([("body.*", 4)], r"--thaw body.\*=4 should be below the epochs of the search, 4, so"),
        ([("body.*", 1), ("heads.*", 2)], "--thaw freezes all parameters of the network at first"),
    ],
)
def test_who_cannot_be_frozen(thaw, words):
    with pytest.raises(InputError, match=words):
        thaw_epochs(Wide(), thaw, 4)

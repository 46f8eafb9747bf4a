"""Training with the controls of the panel "Optimisation" against loops of plain torch."""

import copy
import dataclasses
import io
import math

import pytest
import torch

from paretocli.networks.building import build_network
from paretocli.population.parameter_groups import freeze, undecayed_names
from paretocli.training.batches import batches
from tests.toys import CPU, Wide, growl_of, make_trainer, pictures, solve, vectors

WEIGHTS = [[0.2, 0.8], [0.5, 0.5], [0.9, 0.1]]
SPARSE = [[0.2, 0.4, 0.4], [0.5, 0.3, 0.2]]
EPOCHS, LR, DECAY = 4, 0.05, 0.1


def without_dropout():
    """What it draws in a stack is not what it draws alone."""
    network = Wide()
    network.body[3].p = 0.0
    return network


def problem_of():
    return dataclasses.replace(vectors(), networks={"wide": without_dropout})


def trained(**settings):
    """A trainer of weighted sums, and its losses (K, m) of training in each epoch."""
    chosen = {"epochs": EPOCHS, "lr": LR, "optimizer": "adamw", "weight_decay": DECAY} | settings
    trainer = make_trainer(problem_of(), WEIGHTS, "linear", **chosen)
    losses = [trainer.run_epoch().figures["train"][0] for _ in range(EPOCHS)]
    return trainer, torch.stack(losses, dim=1)


def by_hand(trainer, weights, *, groups, factor, clip=None, frozen=lambda name, epoch: False):
    """The same in plain torch, for one network: losses (epochs, m) of training.

    Args:
        trainer: Whose batches are used.
        weights: Of the two losses.
        groups: From the network to groups of an optimiser.
        factor: Of the learning rate, from the number of a step.
        clip: The longest gradient.
        frozen: Whether a parameter is, from its name and the epoch.
    """
    problem = problem_of()
    network = build_network("wide", problem, 0).train()
    optimizer = torch.optim.AdamW(groups(network), lr=LR, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
    epochs = []
    for epoch in range(EPOCHS):
        losses = []
        for name, parameter in network.named_parameters():
            parameter.requires_grad_(not frozen(name, epoch))
        for batch, _, _ in batches(problem.train, trainer.settings, epoch):
            optimizer.zero_grad()
            outputs = network(batch.inputs)
            both = torch.stack(
                [
                    task.loss(output, target).mean()
                    for task, output, target in zip(
                        problem.tasks, outputs, batch.targets, strict=True
                    )
                ]
            )
            (torch.tensor(weights) * both).sum().backward()
            if clip is not None:
                torch.nn.utils.clip_grad_norm_(network.parameters(), clip)
            optimizer.step()
            schedule.step()
            losses.append(both.detach())
        epochs.append(torch.stack(losses).mean(dim=0))
    return torch.stack(epochs)


def all_alike(network):
    return network.parameters()


def cosine(step, first=0):
    """One that rises for `first` of 32 steps."""
    if step < first:
        return (step + 1) / first
    return 0.5 * (1 + math.cos(math.pi * (step - first) / (32 - first)))


def as_by_hand(settings, **known):
    trainer, found = trained(**settings)
    for member, weights in enumerate(WEIGHTS):
        expected = by_hand(trainer, weights, **({"groups": all_alike, "factor": cosine} | known))
        torch.testing.assert_close(found[member], expected, rtol=0, atol=1e-5)
    return found


def test_nothing_asked_for():
    as_by_hand({})


# Warm-up


def test_warm_up():
    found = as_by_hand({"warm_up": 0.3}, factor=lambda step: cosine(step, 10))  # 9.6 of 32 steps
    assert not torch.allclose(found, trained()[1])


def test_nobody_stands_still_while_the_rate_rises():
    """With a patience of one epoch, a rate that is next to nothing at first would end it all."""
    without = trained_epochs(0.0)
    assert max(without) < 10
    # The ten epochs of the warm-up, and then as soon as may be.
    assert min(trained_epochs(0.5)) == 11


def trained_epochs(warm_up):
    rates = {"epochs": 20, "patience": 1, "lr": 1e-9, "schedule": "constant", "warm_up": warm_up}
    return solve(make_trainer(problem_of(), WEIGHTS, "linear", **rates)).epochs.tolist()


def test_each_phase_has_its_warm_up():
    phases = {"epochs": 4, "retrain_epochs": 2, "retrain_lr": 0.01, "share_similarity": 0.9}
    trainer = make_trainer(
        problem_of(), SPARSE, sparsity=growl_of(problem_of()), lr=0.1, warm_up=0.5, **phases
    )
    rates = []
    while not trainer.finished:
        trainer.run_epoch()
        rates.append(trainer.descent.optimizers[0].param_groups[0]["lr"])
    # At the end of each epoch: two of four rise, then one of two.
    assert rates[:2] == pytest.approx([0.05, 0.1])
    assert rates[2] < 0.06
    assert rates[4] == pytest.approx(0.01)
    assert rates[5] < 0.001


# Clipping


def test_clipping():
    found = as_by_hand({"clip_norm": 0.2}, clip=0.2)
    assert not torch.allclose(found, trained()[1])
    torch.testing.assert_close(trained(clip_norm=1e6)[1], trained()[1], rtol=0, atol=0)


@pytest.mark.parametrize("solver", ["linear", "chebyshev"])
def test_each_is_clipped_by_itself(solver):
    def losses(rows):
        problem = problem_of()
        trainer = make_trainer(problem, rows, solver, sparsity=growl_of(problem), clip_norm=0.05)
        return torch.stack([trainer.run_epoch().figures["train"][0] for _ in range(3)], dim=1)

    together = losses(SPARSE)
    for member, row in enumerate(SPARSE):
        torch.testing.assert_close(losses([row])[0], together[member], rtol=1e-4, atol=1e-5)


# Groups of parameters


def test_rates_and_decay_by_name():
    factors = {f"body.{n}": 0.1 for n in ("0.weight", "1.weight", "1.bias", "4.weight", "4.bias")}
    network = without_dropout()
    undecayed = undecayed_names(network, ["norms", "biases"])
    assert undecayed == {"body.1.weight", "body.1.bias", "body.4.bias"} | {
        f"heads.{head}.bias" for head in range(2)
    }

    def groups(network):
        return [
            {
                "params": [parameter],
                "lr": LR * factors.get(name, 1.0),
                "weight_decay": 0.0 if name in undecayed else DECAY,
            }
            for name, parameter in network.named_parameters()
        ]

    found = as_by_hand({"lr_factors": factors, "undecayed": undecayed}, groups=groups)
    assert not torch.allclose(found, trained()[1])
    # All three together.
    as_by_hand(
        {"lr_factors": factors, "undecayed": undecayed, "clip_norm": 0.2, "warm_up": 0.3},
        groups=groups,
        clip=0.2,
        factor=lambda step: cosine(step, 10),
    )


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd"])
def test_a_counted_layer_steps_at_its_own_rate(optimizer):
    """All factors alike are another learning rate, of the proximal steps too."""

    def outcome(lr, factor):
        problem = problem_of()
        names = [name for name, _ in without_dropout().named_parameters()]
        trainer = make_trainer(
            problem,
            SPARSE,
            sparsity=growl_of(problem),
            optimizer=optimizer,
            lr=lr,
            lr_factors=dict.fromkeys(names, factor) if factor != 1 else {},
        )
        return solve(trainer).tensors

    torch.testing.assert_close(outcome(0.01, 2.0), outcome(0.02, 1.0), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("epoch", [1, 2, 3])
def test_a_run_at_once_and_in_two_parts(epoch):
    def make():
        problem = pictures()
        network = problem.networks["noisy"]()
        return make_trainer(
            problem,
            SPARSE,
            sparsity=growl_of(problem),
            epochs=3,
            retrain_epochs=2,
            retrain_lr=0.01,
            share_similarity=0.9,
            warm_up=0.4,
            clip_norm=0.1,
            lr_factors={"body.0.weight": 0.1, "body.3.weight": 0.5},
            undecayed=undecayed_names(network, ["norms"]),
            weight_decay=0.1,
            optimizer="adamw",
        )

    straight, first, resumed = (make() for _ in range(3))
    for _ in range(epoch):
        first.run_epoch()
    buffer = io.BytesIO()
    torch.save(first.state_dict(), buffer)
    buffer.seek(0)
    resumed.load_state_dict(torch.load(buffer, weights_only=True))
    one, other = solve(straight), solve(resumed)
    torch.testing.assert_close(one.tensors, other.tensors, rtol=0, atol=0)
    torch.testing.assert_close(one.figures, other.figures, rtol=0, atol=0)


def test_what_is_frozen_stays():
    network = without_dropout()
    before = copy.deepcopy(network.state_dict())
    kept = freeze(network, [("*", 0.5), ("body.*", 0.0), ("body.1.*", 0.1)])
    assert kept == dict.fromkeys(("body.1.weight", "body.1.bias"), 0.1) | {
        f"heads.{head}.{kind}": 0.5 for head in range(2) for kind in ("weight", "bias")
    }
    frozen = {name for name, p in network.named_parameters() if not p.requires_grad}
    assert frozen == {"body.0.weight", "body.4.weight", "body.4.bias"}
    problem = dataclasses.replace(vectors(), networks={"wide": lambda: network})
    trainer = make_trainer(problem, WEIGHTS, "linear", lr_factors=kept)
    tensors = solve(trainer).tensors
    for name in frozen:
        torch.testing.assert_close(
            tensors[name], before[name].expand_as(tensors[name]), rtol=0, atol=0
        )
    assert trainer.population.device == CPU

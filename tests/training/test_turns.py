"""A population of which some wait on the host: it comes out as the whole one does."""

import dataclasses
from functools import partial

import numpy as np
import pytest
import torch
from torch.optim import Adafactor

from paretocli.population.branching import stages
from paretocli.population.population import Population
from paretocli.population.transfer import Adaptive, Neighbours
from paretocli.training import passing
from paretocli.training.branching import BranchingTrainer
from paretocli.training.turns import TurnsTrainer, parts_of
from tests.second_device import DEVICE, Elsewhere
from tests.toys import CPU, Wide, growl_of, make_trainer, pictures, solve, vectors
from tests.training.test_trainer import saved_and_loaded

WEIGHTS = [[0.2, 0.8], [0.5, 0.5], [0.9, 0.1]]
SPARSE = [[0.3, 0.3, 0.4], [0.5, 0.2, 0.3], [0.7, 0.2, 0.1]]


@pytest.fixture(autouse=True)
def often(monkeypatch):
    """A transfer every other step: these trainings are short."""
    monkeypatch.setattr(passing, "TRANSFER_INTERVAL", 2)


def neighbours(solver):
    rows = solver.scalarization.weights
    return Neighbours(rows, kernel="gaussian", reach=1.0, strength=0.5, until=0.9)


def adaptive(solver):
    return Adaptive(solver.value, strength=0.5, until=0.9)


def trainer_of(problem, weights, places, *, sparse=None, stacked=False, streams=None, **settings):
    """One of some subproblems of a toy problem."""
    device = settings.get("device", CPU)
    made = make_trainer(
        problem,
        torch.tensor(weights)[list(places)],
        sparsity=None if sparse is None else growl_of(problem, device, **sparse),
        streams=None if streams is None else tuple(streams[place] for place in places),
        **settings,
    )
    made.population.stacked = stacked
    return made


def whole(problem, weights, **settings):
    return trainer_of(problem, weights, range(len(weights)), **settings)


def in_turns(problem, weights, at_once, *, transfer=None, **settings):
    rule = None
    if transfer is not None:
        rule = whole(problem, weights, transfer=transfer, **settings).passing.transfer
    make = partial(trainer_of, problem, weights, **settings)
    device = settings.get("device", CPU)
    return TurnsTrainer(make, len(weights), at_once, device=device, transfer=rule)


def assert_alike(one, other):
    """The networks of two outcomes bit for bit; figures but for the rounding of means."""
    for names in ("tensors", "search_end"):
        torch.testing.assert_close(getattr(one, names), getattr(other, names), rtol=0, atol=0)
    for field in dataclasses.fields(one):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if isinstance(a, torch.Tensor | dict):
            torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6, equal_nan=True)
        elif field.name == "kept":
            assert [[k.epoch for k in own] for own in a] == [[k.epoch for k in own] for own in b]
        elif field.name == "breakdown":
            assert torch.equal(a.step, b.step)
        elif field.name != "seconds":
            assert a == b, field.name


def refuse_difference(one, other):
    """Reports of all epochs, and the outcomes, are alike."""
    while not other.finished:
        assert not one.finished
        report, expected = one.run_epoch(), other.run_epoch()
        for field in dataclasses.fields(report):
            a, b = getattr(report, field.name), getattr(expected, field.name)
            if isinstance(a, torch.Tensor | dict):
                torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6, equal_nan=True)
            elif field.name != "seconds":
                assert a == b, field.name
    assert one.finished
    assert_alike(one.finish(), other.finish())


images = partial(pictures, sizes=(24, 9, 8))
small = partial(vectors, sizes=(32, 9, 8))
PHASES = {"retrain_epochs": 2, "retrain_lr": 0.01, "share_similarity": 0.5}
CASES = {
    "apart": (images, WEIGHTS, {}),
    "neighbours": (images, WEIGHTS, {"transfer": neighbours}),
    "adaptive": (images, WEIGHTS, {"transfer": adaptive}),
    "sgd": (images, WEIGHTS, {"transfer": neighbours, "optimizer": "sgd"}),
    "parts of batches": (images, WEIGHTS, {"transfer": adaptive, "micro_batch": 3}),
    "independent": (
        partial(images, dropout=0.0),
        WEIGHTS,
        {"transfer": neighbours, "streams": (2, 0, 1)},
    ),
    "sparse": (small, SPARSE, {"sparse": {"theta": "flat"}, "lr": 0.05, **PHASES}),
    "sparse neighbours": (
        small,
        SPARSE,
        {"sparse": {"theta": "flat"}, "lr": 0.05, "transfer": neighbours, **PHASES},
    ),
    "kept": (images, WEIGHTS, {"kept": 2}),
    "optimisers apart": (images, WEIGHTS, {"hook": Adafactor, "transfer": neighbours}),
    "thawed": (
        small,
        WEIGHTS,
        {"transfer": neighbours, "thaw_epochs": {"body.0.weight": 2, "body.4.bias": 9}},
    ),
    "averages": (
        small,
        SPARSE,
        {"sparse": {"theta": "flat"}, "transfer": neighbours, "ema": 0.9, "evaluate_every": 0},
    ),
    "no test": (small, WEIGHTS, {"evaluate_every": 0}),
}


@pytest.mark.parametrize(
    ("name", "at_once"), [*((name, 2) for name in CASES), ("adaptive", 1), ("sparse neighbours", 1)]
)
def test_it_is_what_the_whole_population_is(name, at_once):
    make, weights, settings = CASES[name]
    settings = {"epochs": 3} | settings
    problem = make()
    one, other = (
        in_turns(problem, weights, at_once, **settings),
        whole(problem, weights, **settings),
    )
    refuse_difference(one, other)


def test_of_a_stack_it_is_so_but_for_rounding():
    settings = {"epochs": 3, "transfer": neighbours, "optimizer": "sgd", "stacked": True}
    problem = vectors()
    one, other = in_turns(problem, WEIGHTS, 2, **settings), whole(problem, WEIGHTS, **settings)
    one, other = solve(one), solve(other)
    torch.testing.assert_close(one.tensors, other.tensors, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(one.multipliers, other.multipliers, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("transfer", [None, neighbours])
def test_phases_end_for_all_as_they_would(transfer):
    """With patience, each waits for the others as it does beside them."""
    settings = {"sparse": {"theta": "flat"}, "lr": 0.05, "patience": 1, "epochs": 12}
    settings |= {"transfer": transfer, **PHASES}
    problem = vectors()
    one, other = in_turns(problem, SPARSE, 2, **settings), whole(problem, SPARSE, **settings)
    refuse_difference(one, other)
    assert one.epoch < 14


@pytest.mark.parametrize(("before", "after"), [(1, 2), (3, 2), (2, 3)])
@pytest.mark.parametrize("name", ["adaptive", "sparse neighbours", "kept", "optimisers apart"])
def test_it_goes_on_with_another_number_at_a_time(name, before, after):
    make, weights, settings = CASES[name]
    settings = {"epochs": 2, "patience": 3} | settings

    def of(at_once):
        if at_once == len(weights):
            return whole(make(), weights, **settings)
        return in_turns(make(), weights, at_once, **settings)

    straight, first, resumed = of(3), of(before), of(after)
    for epoch in range(3 if name == "sparse neighbours" else 1):
        straight.run_epoch(), first.run_epoch()
        assert first.epoch == epoch + 1
    resumed.load_state_dict(saved_and_loaded(first.state_dict()))
    refuse_difference(resumed, straight)


@pytest.mark.parametrize("at_once", [1, 2])
def test_one_network_that_branches(at_once):
    def branching(most):
        def make(rows, members):
            places = range(len(rows))
            if len(rows) <= most:
                return trainer_of(images(), rows.tolist(), places, epochs=4)
            return in_turns(images(), rows.tolist(), most, epochs=4)

        plan = stages(np.array(WEIGHTS), (0.3, 0.6), 4)
        return BranchingTrainer(make, torch.tensor(WEIGHTS), plan)

    one, other = branching(at_once), branching(3)
    assert {type(one.trainer), type(other.trainer)} == {type(whole(images(), WEIGHTS))}
    refuse_difference(one, other)
    assert isinstance(one.trainer, TurnsTrainer)


def test_one_that_diverges_leaves_the_others_alone():
    one, other = (
        make(vectors(sizes=(24, 9, 8)), WEIGHTS, epochs=3, transfer=neighbours, **fewer)
        for make, fewer in ((in_turns, {"at_once": 2}), (whole, {}))
    )
    one.run_epoch(), other.run_epoch()
    with torch.no_grad():
        for trainer, place in ((one.trainers[1], 1), (other, 2)):
            next(iter(trainer.population.parameters.values()))[place] = torch.nan
    one.run_epoch(), other.run_epoch()
    refuse_difference(one, other)
    assert one.failed_epoch.tolist() == [0, 0, 2]


# On a device


def without_chance(**sizes):
    """`vectors` for a network without dropout, which draws other numbers on another device."""

    def network():
        made = Wide()
        made.body[3].p = 0.0
        return made

    return dataclasses.replace(vectors(**sizes), networks={"wide": network})


def large(trainer):
    """All tensors of a trainer that grow with its networks, by what they are."""
    population, best = trainer.population, trainer.best
    found = {f"network {n}": t for n, t in population.state_dict().items()}
    found |= {f"own {n}": t for n, t in population._network.state_dict().items()}
    found |= {f"gradient {n}": p.grad for n, p in population.parameters.items()}
    found |= {f"best {n}": t for n, t in best.tensors.items() if n.startswith("network.")}
    for optimizer in trainer.descent.optimizers:
        for state in optimizer.state.values():
            found |= {f"{id(state)} {n}": t for n, t in state.items() if torch.is_tensor(t)}
    ended = trainer.search_end or {}
    found |= {f"end {n}": t for n, t in ended.items() if n.startswith("network.")}
    return {name: tensor for name, tensor in found.items() if tensor is not None and tensor.dim()}


@pytest.mark.parametrize("sparse", [None, {"theta": "flat"}])
def test_who_waits_is_on_the_host(monkeypatch, sparse):
    weights = WEIGHTS if sparse is None else SPARSE
    settings = {"epochs": 3, "transfer": neighbours, "device": DEVICE, "sparse": sparse}
    settings |= {} if sparse is None else PHASES
    trainer = in_turns(without_chance(sizes=(24, 9, 8)), weights, 2, **settings)
    seen, measure = [], Population._measured
    populations = {id(part.population): place for place, part in enumerate(trainer.trainers)}

    def watched(population, *arguments, **named):
        there = {
            place
            for place, part in enumerate(trainer.trainers)
            if any(isinstance(t, Elsewhere) for t in large(part).values())
        }
        own = populations[id(population)]
        seen.append(own)
        assert there == {own}
        tensors = large(trainer.trainers[own])
        assert {n for n, t in tensors.items() if not isinstance(t, Elsewhere)} == set()
        return measure(population, *arguments, **named)

    with monkeypatch.context() as watching:
        watching.setattr(Population, "_measured", watched)
        outcome = solve(trainer)
    assert {*seen} == {0, 1}
    assert not any(isinstance(t, Elsewhere) for t in outcome.tensors.values())
    there = whole(without_chance(sizes=(24, 9, 8)), weights, **{**settings, "device": CPU})
    torch.testing.assert_close(outcome.tensors, solve(there).tensors, rtol=1e-3, atol=1e-5)


def test_what_waits_goes_through_a_file():
    settings = {"epochs": 3, "transfer": adaptive, "device": DEVICE, "patience": 9}
    made = [in_turns(vectors(sizes=(24, 9, 8)), WEIGHTS, 2, **settings) for _ in range(3)]
    straight, first, resumed = made
    for _ in range(2):
        straight.run_epoch(), first.run_epoch()
    resumed.load_state_dict(saved_and_loaded(first.state_dict()))
    one, other = solve(straight), solve(resumed)
    torch.testing.assert_close(one.tensors, other.tensors, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("size", "at_once", "parts"),
    [(9, 4, [3, 3, 3]), (5, 2, [1, 2, 2]), (4, 4, [4]), (3, 1, [1, 1, 1])],
)
def test_parts_are_as_even_as_can_be(size, at_once, parts):
    found = parts_of(size, at_once)
    assert [len(part) for part in found] == parts
    assert [place for part in found for place in part] == list(range(size))

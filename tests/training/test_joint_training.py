"""Subproblems that help each other while they train."""

import functools

import numpy as np
import pytest
import torch

from paretocli.population.branching import stages
from paretocli.population.transfer import Adaptive, Neighbours
from paretocli.sparsity.pattern import zero_rows
from paretocli.training import passing
from paretocli.training.batches import batches
from paretocli.training.branching import BranchingTrainer
from tests.toys import HIDDEN, growl_of, make_trainer, pictures, quadratics, solve, vectors
from tests.training.test_trainer import assert_same, saved_and_loaded

WEIGHTS = [[0.2, 0.8], [0.5, 0.5], [0.9, 0.1]]
SPARSE = [[0.3, 0.3, 0.4], [0.5, 0.2, 0.3], [0.7, 0.2, 0.1]]


@pytest.fixture(autouse=True)
def often(monkeypatch):
    """A transfer every other step: these trainings are short."""
    monkeypatch.setattr(passing, "TRANSFER_INTERVAL", 2)


def neighbours(solver, until=0.9):
    weights = solver.scalarization.weights
    return Neighbours(weights, kernel="gaussian", reach=1.0, strength=0.5, until=until)


def adaptive(solver):
    return Adaptive(solver.value, strength=0.5, until=0.9)


def branching(problem, *, branch_at=(0.5,), weights=WEIGHTS, epochs=4, **settings):
    """A trainer that branches, of a toy problem."""
    streams = settings.pop("streams", None)

    def make(rows, members):
        own = None if streams is None else tuple(streams[member] for member in members)
        return make_trainer(problem, rows, epochs=epochs, streams=own, **settings)

    plan = stages(np.array(weights), branch_at, epochs)
    return BranchingTrainer(make, torch.tensor(weights), plan)


MAKERS = {
    "neighbours": lambda: make_trainer(pictures(), WEIGHTS, epochs=4, transfer=neighbours),
    "adaptive": lambda: make_trainer(pictures(), WEIGHTS, epochs=4, transfer=adaptive),
    "split": lambda: branching(pictures()),
    "tree": lambda: branching(pictures(), branch_at=(0.25, 0.75)),
    "independent": lambda: make_trainer(
        pictures(), WEIGHTS, epochs=4, transfer=neighbours, streams=(4, 0, 2)
    ),
    "split, independent": lambda: branching(pictures(), streams=(4, 0, 2)),
}


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("half", [1, 2, 3])
def test_four_epochs_at_once_and_in_two_parts(name, half):
    straight, first, resumed = (MAKERS[name]() for _ in range(3))
    reports = [straight.run_epoch() for _ in range(4)]
    for _ in range(half):
        first.run_epoch()
    resumed.load_state_dict(saved_and_loaded(first.state_dict()))
    assert resumed.epoch == half
    for one in reports[half:]:
        assert_same(one, resumed.run_epoch())
    assert straight.finished
    assert resumed.finished
    assert_same(straight.finish(), resumed.finish())


@pytest.mark.parametrize("rule", [neighbours, adaptive])
def test_transfer_makes_a_difference(rule):
    alone = make_trainer(pictures(), WEIGHTS, epochs=4)
    together = make_trainer(pictures(), WEIGHTS, epochs=4, transfer=rule)
    for trainer in (alone, together):
        # One network is worse at everything, so that there is something to learn.
        with torch.no_grad():
            for parameter in trainer.population.parameters.values():
                parameter[0] += 0.5
    for epoch in range(1, 5):
        assert together.run_epoch().subproblem_epochs == 3 * epoch
        alone.run_epoch()
    one, other = alone.population.state_dict(), together.population.state_dict()
    assert any(not torch.equal(one[name], other[name]) for name in one)


def test_the_rule_ends_on_the_exact_points():
    problem = quadratics([[0.0, 0.0], [1.0, 2.0]], [3.0, -1.0])
    exact = torch.tensor(WEIGHTS)[:, 1:] * torch.tensor([[1.0, 2.0]])

    def away(until):
        rule = functools.partial(neighbours, until=until)
        trainer = make_trainer(problem, WEIGHTS, "linear", transfer=rule, epochs=30)
        return (solve(trainer).tensors["variable"] - exact).abs().max()

    assert away(0.5) < 2e-3
    # One that lasts is biased, whatever the learning rate.
    assert away(100.0) > 0.05


def test_rows_that_a_network_has_made_zero_do_not_come_back():
    problem = vectors()
    sparsity = growl_of(problem, theta="flat")
    trainer = make_trainer(
        problem, SPARSE, sparsity=sparsity, transfer=neighbours, epochs=12, lr=0.05
    )
    seen = False
    mix = trainer.descent.mix

    def watched(matrix, names, healthy):
        nonlocal seen
        weights = trainer.population.parameters[HIDDEN]
        before = zero_rows(weights)
        values = weights.detach().clone()
        mix(matrix, names, healthy)
        after = zero_rows(weights)
        assert (after | ~before).all()
        assert not torch.equal(values, weights)
        # Some row is zero in one network and not in its neighbour: there it could come back from.
        seen = seen or bool((before.any(dim=0) & ~before.all(dim=0)).any())

    trainer.descent.mix = watched
    solve(trainer)
    assert seen


def test_a_network_that_diverges_does_not_drag_the_others_along():
    trainer = make_trainer(pictures(), WEIGHTS, epochs=3, transfer=neighbours)
    trainer.run_epoch()
    with torch.no_grad():
        next(iter(trainer.population.parameters.values()))[1] = torch.nan
    trainer.run_epoch()
    report = trainer.run_epoch()
    assert report.failed_epoch.tolist() == [0, 2, 0]
    assert report.figures["val"][0][[0, 2]].isfinite().all()


@pytest.mark.parametrize("stacked", [True, False])
def test_with_batches_of_its_own_a_subproblem_is_the_same_in_any_company(stacked):
    # Adam would blow up the rounding of gradients that are nearly zero.
    settings = {"epochs": 2, "optimizer": "sgd"}
    together = make_trainer(pictures(dropout=0.0), WEIGHTS, streams=(0, 1, 2), **settings)
    alone = make_trainer(pictures(dropout=0.0), WEIGHTS[1:2], streams=(1,), **settings)
    together.population.stacked = stacked
    one, other = solve(together), solve(alone)
    for name, tensor in one.tensors.items():
        torch.testing.assert_close(tensor[1], other.tensors[name][0], atol=1e-5, rtol=1e-4)


def test_batches_of_its_own_differ_and_the_first_are_those_that_all_share():
    shared = make_trainer(pictures(), WEIGHTS, epochs=1)
    independent = make_trainer(pictures(), WEIGHTS, epochs=1, streams=(0, 1, 2))
    (first, _, _), (batch, _, _) = (
        next(batches(one.splits["train"], one.settings, one.epoch)) for one in (shared, independent)
    )
    size = len(first)
    assert len(batch) == 3 * size
    assert torch.equal(batch.inputs[:size], first.inputs)
    for k in (1, 2):
        assert not torch.equal(batch.inputs[k * size : (k + 1) * size], first.inputs)


# Branching


def test_until_it_branches_it_is_one_network_for_the_mean_weights():
    split = branching(pictures())
    alone = make_trainer(pictures(), torch.tensor(WEIGHTS).mean(dim=0, keepdim=True), epochs=4)
    for _ in range(2):
        report, expected = split.run_epoch(), alone.run_epoch()
        for k in range(3):
            assert torch.equal(report.figures["val"][0][k], expected.figures["val"][0][0])
            assert torch.equal(report.multipliers[k], expected.multipliers[0])
    assert report.subproblem_epochs == 2
    before = {name: t.clone() for name, t in alone.population.state_dict().items()}
    branch = split.run_epoch
    split._branch(split._stages[1])
    for name, tensor in split.trainer.population.state_dict().items():
        assert tensor.shape[0] == 3
        assert all(torch.equal(tensor[k], before[name][0]) for k in range(3))
    report = branch()
    assert report.subproblem_epochs == 2 + 3
    assert not torch.equal(report.figures["val"][0][0], report.figures["val"][0][2])


def test_the_multipliers_go_on_with_the_new_weights():
    split = branching(pictures())
    for _ in range(2):
        split.run_epoch()
    old = split.trainer.solver.state_dict()
    split._branch(split._stages[1])
    new = split.trainer.solver.state_dict()
    mean = torch.tensor(WEIGHTS).mean(dim=0)
    for k, weights in enumerate(WEIGHTS):
        assert torch.equal(new["current_multipliers"][k], old["current_multipliers"][0])
        expected = old["mean_terms"][0] * torch.tensor(weights) / mean
        torch.testing.assert_close(new["mean_terms"][k], expected)
    assert new["previous_gap"].isinf().all()


def test_the_best_epoch_is_one_of_after_the_last_branching():
    split = branching(pictures(), branch_at=(0.25, 0.75))
    while not split.finished:
        split.run_epoch()
    assert (split.finish().best_epoch == 4).all()


def test_a_sparse_population_branches_before_it_retrains():
    problem = vectors()
    split = branching(
        problem,
        weights=SPARSE,
        epochs=6,
        sparsity=growl_of(problem, theta="flat"),
        retrain_epochs=2,
        retrain_lr=0.01,
        share_similarity=0.8,
    )
    reports = []
    while not split.finished:
        reports.append(split.run_epoch())
    assert [report.subproblem_epochs for report in reports] == [1, 2, 3, 6, 9, 12, 15, 18]
    outcome = split.finish()
    assert outcome.tensors[HIDDEN].shape[0] == 3
    assert outcome.figures["test"][0].shape == (3, 3)


def test_if_the_one_network_diverges_all_have():
    split = branching(pictures())
    split.run_epoch()
    with torch.no_grad():
        next(iter(split.trainer.population.parameters.values()))[0] = torch.nan
    report = split.run_epoch()
    assert report.failed_epoch.tolist() == [2, 2, 2]
    assert split.finished
    assert split.failed_epoch.tolist() == [2, 2, 2]
    assert split.finish().failed_epoch.tolist() == [2, 2, 2]

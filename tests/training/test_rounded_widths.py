"""Widths that are made multiples where the search ends, and stay so."""

from copy import deepcopy
from functools import cache

import pytest
import torch

from paretocli.compaction.widths import Widths
from paretocli.sparsity.layers import Layer
from paretocli.sparsity.objective import SparsityObjective, SparsitySettings
from paretocli.sparsity.pattern import zero_rows
from paretocli.sparsity.proximal import ProximalOptimizer
from paretocli.training.rounded_widths import RoundedWidths
from paretocli.training.size_limit import SizeLimit
from tests.toys import CPU, HIDDEN, growl_of, make_trainer, vectors

WEIGHTS = [[0.4, 0.3, 0.3], [0.46, 0.3, 0.25], [0.47, 0.3, 0.25]]
SEARCH, RETRAINING, MULTIPLE = 4, 3, 8


def sparse(**settings):
    problem = vectors()
    chosen = {"epochs": SEARCH, "retrain_epochs": RETRAINING, "lr": 0.05, **settings}
    widths = RoundedWidths(MULTIPLE, lambda: Widths((), ()))
    return make_trainer(problem, WEIGHTS, sparsity=growl_of(problem), widths=widths, **chosen)


@cache
def at_the_end():
    """The state after the search, which is the same for all."""
    trainer = sparse()
    for _ in range(SEARCH):
        trainer.run_epoch()
    return trainer.state_dict()


def searched(**settings):
    trainer = sparse(**settings)
    trainer.load_state_dict(deepcopy(at_the_end()))
    return trainer


def hidden(trainer):
    return trainer.population.parameters[HIDDEN].detach().clone()


def kept(weights):
    return (~zero_rows(weights)).sum(dim=1)


def nearest(count):
    lower = int(count) // MULTIPLE * MULTIPLE
    far = count - lower >= MULTIPLE / 2 or count - lower > 0.1 * count
    return lower + MULTIPLE if far else lower


def test_rows_go_and_come_back_to_the_nearest_multiple():
    trainer = searched()
    before, held = hidden(trainer), trainer.descent.held_back()
    trainer.end_search()
    after = hidden(trainer)
    assert kept(after).tolist() == [nearest(count) for count in kept(before)]
    there, now = ~zero_rows(before), ~zero_rows(after)
    lengths, ratios = before.norm(dim=1), held.ratios[HIDDEN]
    changes = [set(), set()]
    for member in range(len(WEIGHTS)):
        gone, back = there[member] & ~now[member], now[member] & ~there[member]
        assert not (gone.any() and back.any())
        if gone.any():
            changes[0].add(member)
            assert lengths[member][gone].max() <= lengths[member][there[member] & now[member]].min()
        if back.any():
            changes[1].add(member)
            assert (ratios[member][~now[member]] <= ratios[member][back].min()).all()
            # Down the gradient, as long as the shortest that was there.
            length = lengths[member][there[member]].min()
            down = -held.gradients[HIDDEN][member][:, back]
            torch.testing.assert_close(after[member][:, back], down / down.norm(dim=0) * length)
        assert after[member][:, there[member] & now[member]].equal(
            before[member][:, there[member] & now[member]]
        )
    assert all(changes)  # both happened
    # Points that start from here start from what the search reached.
    assert trainer.search_end[f"network.{HIDDEN}"].equal(before)


@pytest.mark.parametrize("relaxed", [False, True])
def test_retraining_and_the_certificate_keep_them(relaxed):
    trainer = searched(relaxed=relaxed, share_similarity=0.3)
    trainer.end_search()
    expected = kept(hidden(trainer))
    for _ in range(RETRAINING):
        report = trainer.run_epoch()
        assert (hidden(trainer).shape[2] - report.zero_rows).equal(expected)
    outcome = trainer.finish()
    assert kept(outcome.tensors[HIDDEN]).equal(expected)
    assert not trainer.zeros_allowed
    assert outcome.stationarity.isfinite().all()


def test_resumed_it_is_the_same():
    straight, resumed = searched(), sparse()
    straight.run_epoch()
    resumed.load_state_dict(deepcopy(straight.state_dict()))
    for trainer in (straight, resumed):
        while not trainer.finished:
            trainer.run_epoch()
    assert hidden(straight).equal(hidden(resumed))
    assert straight.finish().stationarity.equal(resumed.finish().stationarity)


def rows_of(tensors):
    return int((~zero_rows(tensors[HIDDEN].unsqueeze(0))).sum())


def test_a_limit_that_was_kept_is_kept():
    trainer = searched()
    before = kept(hidden(trainer)).tolist()
    settings = trainer.settings
    for most in before:
        trainer = searched()
        limit = SizeLimit(lambda tensors, most=most: rows_of(tensors) / most)
        known = (trainer.population, trainer.sparsity, trainer.descent.held_back())
        settings.widths.round_(*known, torch.tensor([True] * 3), limit)
        for count, now in zip(before, kept(hidden(trainer)).tolist(), strict=True):
            fits = count > most or nearest(count) <= most
            lower = count // MULTIPLE * MULTIPLE or count
            assert now == (nearest(count) if fits else lower)


def test_who_has_failed_stays_as_it_is():
    trainer = searched()
    before = hidden(trainer)
    trainer.failed_epoch[0] = SEARCH
    trainer.best.tensors[f"network.{HIDDEN}"][0] = before[0]
    trainer.end_search()
    assert hidden(trainer)[0].equal(before[0])
    assert kept(hidden(trainer))[1:].tolist() == [nearest(n) for n in kept(before)[1:]]


def test_how_near_a_row_is_to_coming_back():
    """With one gradient g in all steps and c as multiplier: ‖g_r‖ over c times what is pulled."""
    layer = Layer("a", (3, 5), "hidden", 1)
    objective = SparsityObjective([layer], SparsitySettings(relative=False), CPU)
    weights = torch.zeros(2, 3, 5, requires_grad=True)
    groups = torch.optim.Adam([weights], lr=1e-3).param_groups
    steps = ProximalOptimizer({"a": weights}, objective, torch.optim.Adam, groups)
    gradient = torch.rand(2, 3, 5) / 100
    assert not steps.held_back().ratios["a"].any()  # no step was taken
    for _ in range(7):
        weights.grad = gradient.clone()
        steps.proximal_step(torch.tensor([0.5, 2.0]))
    held = steps.held_back()
    torch.testing.assert_close(held.gradients["a"], gradient)
    expected = gradient.norm(dim=1) / torch.tensor([[0.5], [2.0]])
    torch.testing.assert_close(held.ratios["a"], expected)

"""Phases that end early because nothing gets better any more."""

import dataclasses
import io

import pytest
import torch

from paretocli.training.standstill import Standstill
from tests.toys import Wide, growl_of, make_trainer, quadratics, solve, vectors

WEIGHTS = [[0.2, 0.4, 0.4], [0.5, 0.3, 0.2], [0.8, 0.1, 0.1]]
NOTHING = (torch.zeros(2, 3), torch.zeros(2, 0), torch.zeros(2, 1))


class Nothing:
    """A population and a solver without any tensors."""

    def state_dict(self):
        return {}


def seen(standstill, value, gap=None, failed=(False, False)):
    """After an epoch: who has ended."""
    gap = None if gap is None else torch.tensor(gap)
    after = (Nothing(), Nothing(), NOTHING)
    standstill.observe(torch.tensor(value), gap, torch.tensor(failed), after)
    return standstill.ended.tolist()


def test_who_gets_no_better_ends():
    standstill = Standstill(2, 2, together=False)
    assert seen(standstill, [1.0, 1.0]) == [False, False]
    assert seen(standstill, [0.9, 1.0]) == [False, False]
    assert seen(standstill, [0.8, 1.1]) == [False, True]
    # Less than a thousandth is noise, however often.
    assert seen(standstill, [0.7999, 0.1]) == [False, True]
    assert seen(standstill, [0.7998, 0.1]) == [True, True]


def test_a_certificate_that_gets_better_is_waited_for():
    standstill = Standstill(2, 2, together=False)
    for gap in (0.5, 0.4, 0.3):
        assert seen(standstill, [1.0, 1.0], [gap, 0.5]) == [False, gap == 0.3]
    # Below the solver's own tolerance there is nothing to wait for.
    for gap in (0.009, 0.005):
        assert seen(standstill, [1.0, 1.0], [gap, 0.5])[0] is False
    assert seen(standstill, [1.0, 1.0], [0.001, 0.5])[0] is True


def test_nobody_waits_for_who_has_diverged():
    standstill = Standstill(2, 3, together=False)
    assert seen(standstill, [1.0, torch.nan], failed=(False, True)) == [False, True]


def test_those_that_learn_from_each_other_end_together():
    standstill = Standstill(2, 2, together=True)
    for value in ([1.0, 1.0], [1.0, 0.9], [1.0, 0.8]):
        assert seen(standstill, value) == [False, False]
    assert seen(standstill, [1.0, 0.8]) == [False, False]
    assert seen(standstill, [1.0, 0.8]) == [True, True]


def test_without_patience_nobody_ends():
    standstill = Standstill(2, 0, together=False)
    for _ in range(20):
        assert seen(standstill, [1.0, 1.0], failed=(False, True)) == [False, False]


def test_a_new_phase_begins_anew():
    standstill = Standstill(2, 1, together=False)
    seen(standstill, [1.0, 1.0])
    assert seen(standstill, [1.0, 1.0]) == [True, True]
    standstill.new_phase()
    assert standstill.active == 2
    assert seen(standstill, [9.0, 1.0]) == [False, False]


def without_dropout():
    """What it draws in a stack is not what it draws alone."""
    network = Wide()
    network.body[3].p = 0.0
    return network


def sparse(weights, patience, **settings):
    problem = dataclasses.replace(vectors(), networks={"wide": without_dropout})
    phases = {"epochs": 12, "retrain_epochs": 6, "lr": 0.05, "retrain_lr": 0.01}
    chosen = phases | {"share_similarity": 0.3, "patience": patience} | settings
    return make_trainer(problem, weights, sparsity=growl_of(problem), **chosen)


def test_a_point_comes_out_the_same_alone_and_in_company():
    together = solve(sparse(WEIGHTS, 2))
    assert len(set(together.epochs.tolist())) > 1, "all end at the same time: nothing is tried"
    assert (together.epochs < 18).any()
    for member, row in enumerate(WEIGHTS):
        alone = solve(sparse([row], 2))
        assert alone.epochs[0] == together.epochs[member]
        for name, tensor in alone.tensors.items():
            torch.testing.assert_close(tensor[0], together.tensors[name][member])
        for name, tensor in alone.search_end.items():
            torch.testing.assert_close(tensor[0], together.search_end[name][member])


def test_an_end_costs_no_epochs():
    trainer = sparse(WEIGHTS, 2)
    while not trainer.finished:
        report = trainer.run_epoch()
    assert report.subproblem_epochs == trainer.finish().epochs.sum()


def test_what_has_ended_is_shown_as_it_was():
    trainer = sparse(WEIGHTS, 2)
    ended, shown = trainer.phases.standstill.ended, None
    while not trainer.finished and not trainer.phases.search_over:
        before = ended.clone()
        report = trainer.run_epoch()
        figures = {split: values for split, (values, _) in report.figures.items()}
        if shown is not None:
            for split, values in figures.items():
                torch.testing.assert_close(values[before], shown[split][before], rtol=0, atol=0)
        shown = {split: values.clone() for split, values in figures.items()}
    assert before.any(), "nobody has ended before the others"


@pytest.mark.parametrize("epoch", [4, 8, 12])
def test_a_run_at_once_and_in_two_parts(epoch):
    straight, first, resumed = (sparse(WEIGHTS, 2) for _ in range(3))
    for _ in range(epoch):
        assert not first.finished
        first.run_epoch()
    buffer = io.BytesIO()
    torch.save(first.state_dict(), buffer)
    buffer.seek(0)
    resumed.load_state_dict(torch.load(buffer, weights_only=True))
    one, other = solve(straight), solve(resumed)
    assert torch.equal(one.epochs, other.epochs)
    torch.testing.assert_close(one.tensors, other.tensors, rtol=0, atol=0)
    torch.testing.assert_close(one.figures, other.figures, rtol=0, atol=0)


def test_without_a_second_phase_the_best_epoch_is_one_of_its_own():
    """Whatever the others still do to the network of who has ended."""
    weights = [[0.01, 0.99], [0.3, 0.7], [0.5, 0.5]]
    problem = quadratics([[0.0, 0.0], [1.0, 2.0]], [3.0, 1.0])
    together = solve(make_trainer(problem, weights, epochs=40, patience=2))
    assert len(set(together.epochs.tolist())) > 1, "all end at the same time: nothing is tried"
    assert (together.best_epoch <= together.epochs).all()
    for member, row in enumerate(weights):
        alone = solve(make_trainer(problem, [row], epochs=40, patience=2))
        assert alone.epochs[0] == together.epochs[member]
        assert alone.best_epoch[0] == together.best_epoch[member]
        for name, tensor in alone.tensors.items():
            torch.testing.assert_close(tensor[0], together.tensors[name][member])

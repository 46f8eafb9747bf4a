"""Retraining for the tasks alone."""

import pytest
import torch

from paretocli.solvers.chebyshev import Scalarization
from tests.toys import growl_of, make_trainer, vectors

WEIGHTS = [[0.2, 0.4, 0.4], [0.6, 0.3, 0.1]]
HIDDEN = "body.4.weight"
SEARCH, RETRAINING = 4, 5
RATES = {"lr": 0.1, "retrain_lr": 0.02, "schedule": "constant", "optimizer": "sgd"}


def sparse(solver="chebyshev", **settings):
    problem = vectors()
    chosen = {"epochs": SEARCH, "retrain_epochs": RETRAINING, "relaxed": True, **settings}
    return make_trainer(problem, WEIGHTS, solver, sparsity=growl_of(problem), **chosen)


def scalarization(weights, epsilon=0.25):
    rows = torch.tensor(weights, dtype=torch.float64)
    scale = torch.tensor([3.0, 2.0, 4.0], dtype=torch.float64)
    return Scalarization(rows, torch.tensor([0.5, 1.0, 0.0], dtype=torch.float64), scale, epsilon)


def test_the_others_are_what_they_would_be_without_the_first():
    whole, losses = scalarization(WEIGHTS), torch.rand(2, 3, dtype=torch.float64) + 1
    rest = whole.without_the_first()
    alone = Scalarization(whole.weights[:, 1:], whole.ideal[1:], whole.scale[1:], whole.epsilon)
    expected = alone.terms(losses[:, 1:])
    torch.testing.assert_close(rest.terms(losses)[:, 1:], expected)
    assert (rest.terms(losses)[:, 0] == 0).all()
    torch.testing.assert_close(rest.value(losses), alone.value(losses[:, 1:]))
    multipliers = torch.tensor([[0.3, 0.5, 0.2], [0.1, 0.4, 0.5]], dtype=torch.float64)
    torch.testing.assert_close(
        rest.coefficients(multipliers)[:, 1:], alone.coefficients(multipliers[:, 1:])
    )
    assert (rest.coefficients(multipliers)[:, 0] == 0).all()
    # And it is another one: the first may count for what is left.
    assert (whole.weights[:, 0] > 0).all()


def test_where_the_first_was_all_the_others_count_alike():
    rest = scalarization([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]).without_the_first()
    assert rest.weights.tolist() == [[0, 0.5, 0.5], [0, 0, 1]]


def test_it_is_a_training_for_the_tasks_within_the_pattern(monkeypatch):
    # The same order and the same dropout in each epoch, whichever of its training it is.
    for module in ("batches", "trainer"):
        monkeypatch.setattr(f"paretocli.training.{module}.mixed_seed", lambda *numbers: 7)
    trainer = sparse("linear", share_similarity=0.3, **RATES)
    for _ in range(SEARCH):
        trainer.run_epoch()
    trainer.end_search()
    begun = {n: t.clone() for n, t in trainer.population.state_dict().items()}
    rate = {**RATES, "lr": RATES["retrain_lr"]}
    tasks = [row[1:] for row in WEIGHTS]
    settings = {"epochs": RETRAINING, "pattern": trainer.pattern, **rate}
    plain = make_trainer(vectors(), tasks, "linear", **settings)
    plain.population.load_state_dict(begun)
    for _ in range(RETRAINING):
        trainer.run_epoch()
        plain.run_epoch()
    for name, tensor in plain.population.state_dict().items():
        torch.testing.assert_close(trainer.population.state_dict()[name], tensor)
    assert not torch.equal(trainer.population.parameters[HIDDEN], begun[HIDDEN])


@pytest.mark.parametrize("solver", ["chebyshev", "stch"])
def test_zero_rows_stay_what_the_search_has_found_and_losses_fall(solver):
    found = {}
    for relaxed in (True, False):
        trainer = sparse(solver, relaxed=relaxed, lr=0.05, retrain_lr=0.02)
        for _ in range(SEARCH):
            trainer.run_epoch()
        zero = trainer.sparsity.zero_rows(trainer.population.parameters)
        for _ in range(RETRAINING):
            report = trainer.run_epoch()
        found[relaxed] = report.figures["train"][0]
        if relaxed:
            assert torch.equal(report.zero_rows, zero)
            assert (zero > 0).any()
            # Nothing pulls at the lengths of rows: neither the multipliers nor the certificate.
            assert (trainer.solver.coefficients()[:, 0] == 0).all()
            outcome = trainer.finish()
            assert (outcome.chebyshev_value <= found[True][:, 1:].amax(dim=1)).all()
    # The network that gave more for sparsity has more to gain.
    assert found[True][1, 1:].sum() < found[False][1, 1:].sum()


def test_resumed_while_retraining_it_is_the_same():
    straight, resumed = sparse(lr=0.05, share_similarity=0.3), sparse(lr=0.05, share_similarity=0.3)
    for _ in range(SEARCH + 2):
        straight.run_epoch()
    resumed.load_state_dict(straight.state_dict())
    for trainer in (straight, resumed):
        while not trainer.finished:
            trainer.run_epoch()
    for name, tensor in straight.population.state_dict().items():
        assert torch.equal(resumed.population.state_dict()[name], tensor)
    assert torch.equal(straight.finish().chebyshev_value, resumed.finish().chebyshev_value)

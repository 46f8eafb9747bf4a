import dataclasses
import io
import itertools

import numpy as np
import pytest
import torch

from paretocli.population.optimizers import learning_rate
from paretocli.problems.problem import Samples, Task
from paretocli.solvers.weighted_sum import WeightedSum
from tests.toys import make_trainer, pictures, quadratics, solve

pytestmark = pytest.mark.usefixtures("one_thread")

WEIGHTS = [[0.2, 0.8], [0.5, 0.5], [0.9, 0.1]]
CENTRES = [[0.0, 0.0], [1.0, 2.0]]


def train(trainer, epochs):
    return [trainer.run_epoch() for _ in range(epochs)]


def assert_same(one, other):
    """Two reports or outcomes, bit for bit but for the time."""
    for field in dataclasses.fields(one):
        if field.name == "seconds":
            continue
        a, b = getattr(one, field.name), getattr(other, field.name)
        if field.name in ("figures", "tensors"):
            torch.testing.assert_close(a, b, rtol=0, atol=0, equal_nan=True)
        elif isinstance(a, torch.Tensor):
            assert torch.equal(a, b), field.name
        else:
            assert a == b, field.name


# Checkpoints


@pytest.mark.parametrize("solver", ["chebyshev", "linear"])
@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd"])
def test_four_epochs_at_once_and_in_two_halves(solver, optimizer):
    def fresh():
        return make_trainer(pictures(), WEIGHTS, solver, epochs=4, optimizer=optimizer)

    straight = fresh()
    first = fresh()
    train(straight, 2)
    train(first, 2)
    buffer = io.BytesIO()
    torch.save(first.state_dict(), buffer)
    buffer.seek(0)
    resumed = fresh()
    resumed.load_state_dict(torch.load(buffer, weights_only=True))
    assert resumed.epoch == 2
    assert resumed.seconds == first.seconds
    reports = train(straight, 2)
    # What others draw from torch's generator in the meantime makes no difference.
    torch.rand(17)
    for one, other in zip(reports, train(resumed, 2), strict=True):
        assert_same(one, other)
    assert straight.finished
    assert resumed.finished
    assert_same(straight.finish(), resumed.finish())


def test_a_checkpoint_of_another_start_is_taken_up_whole():
    trained = make_trainer(pictures(), WEIGHTS, epochs=3, seed=1)
    train(trained, 1)
    other = make_trainer(pictures(seed=5), WEIGHTS, epochs=3, seed=2)
    train(other, 2)
    other.load_state_dict(trained.state_dict())
    for name, tensor in trained.population.state_dict().items():
        assert torch.equal(other.population.state_dict()[name], tensor), name
    for name, tensor in trained.solver.state_dict().items():
        assert torch.equal(other.solver.state_dict()[name], tensor), name


# Repeatable, and its order of batches


def recorded(problem, **settings):
    """A trainer of a problem whose inputs are 0, 1, 2, …, and the batches that it prepares."""
    count = len(problem.train)
    batches = []

    def prepare(inputs):
        batches.append(inputs[:, 0].tolist())
        return torch.zeros(len(inputs), 0)

    numbers = Samples(torch.arange(count).reshape(-1, 1), problem.train.targets)
    held_out = Samples(torch.full((1, 1), -1), tuple(t[:1] for t in problem.train.targets))
    numbered = dataclasses.replace(
        problem, train=numbers, val=held_out, test=held_out, prepare=prepare
    )
    return make_trainer(numbered, [[0.5, 0.5]], **settings), batches


def training_batches(batches):
    return [batch for batch in batches if batch != [-1]]


def test_an_epoch_is_a_shuffled_pass_over_full_batches():
    trainer, batches = recorded(quadratics(CENTRES, [0.0, 1.0], steps=11), batch_size=4, epochs=3)
    epochs = []
    for _ in range(3):
        batches.clear()
        trainer.run_epoch()
        epochs.append(training_batches(batches))
    for epoch in epochs:
        assert [len(batch) for batch in epoch] == [4, 4]
        seen = [number for batch in epoch for number in batch]
        assert len(set(seen)) == 8
        assert set(seen) <= set(range(11))
    assert epochs[0] != epochs[1] != epochs[2]
    # Which samples are left out changes as well.
    assert len({frozenset(itertools.chain(*epoch)) for epoch in epochs}) > 1


def test_the_seed_decides_the_order():
    def order(seed):
        trainer, batches = recorded(quadratics(CENTRES, [0.0, 1.0]), seed=seed)
        trainer.run_epoch()
        return training_batches(batches)

    assert order(0) == order(0)
    assert order(0) != order(1)


def test_a_batch_larger_than_the_data_is_all_of_it():
    trainer, batches = recorded(quadratics(CENTRES, [0.0, 1.0], steps=5), batch_size=100)
    trainer.run_epoch()
    (batch,) = training_batches(batches)
    assert sorted(batch) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("schedule", ["constant", "cosine", "linear"])
def test_the_learning_rate_follows_its_schedule_over_all_steps(schedule):
    problem = quadratics(CENTRES, [0.0, 1.0], steps=6)
    trainer = make_trainer(problem, [[0.5, 0.5]], schedule=schedule, epochs=3, lr=0.04)
    rates = []
    step = trainer.optimizer.step
    trainer.optimizer.step = lambda: (rates.append(trainer.optimizer.param_groups[0]["lr"]), step())
    train(trainer, 3)
    assert rates == [learning_rate(schedule, 0.04, i, 18) for i in range(18)]


def test_one_step_of_plain_descent_by_hand():
    # Momentum 0.9 with Nesterov: the first step is 1.9 times the gradient's.
    problem = quadratics([[0.0], [4.0]], [1.0], steps=1)
    trainer = make_trainer(
        problem, [[0.25, 0.75]], "linear", optimizer="sgd", lr=0.1, schedule="constant", epochs=1
    )
    report = trainer.run_epoch()
    gradient = 0.25 * 2 * 1 + 0.75 * 2 * (1 - 4)
    place = 1 - 0.19 * gradient
    np.testing.assert_allclose(trainer.population.parameters["variable"].tolist(), [[place]])
    # Training figures are those of the batches on the way, the others those after the epoch.
    np.testing.assert_allclose(report.figures["train"][0], [[1, 9]])
    expected = [[place**2, (place - 4) ** 2]]
    np.testing.assert_allclose(report.figures["val"][0], expected, rtol=1e-6)
    assert report.multipliers is report.penalty is report.gap is report.relative_gap is None


# The best epoch


def test_the_best_epoch_has_the_smallest_value_on_validation_data():
    # Large steps overshoot, and the random labels of training say nothing of those of validation.
    trainer = make_trainer(pictures(), WEIGHTS, epochs=8, lr=0.05)
    reports = train(trainer, 8)
    values = torch.stack([trainer.solver.value(r.figures["val"][0]) for r in reports])
    outcome = trainer.finish()
    assert torch.equal(outcome.best_epoch, values.argmin(dim=0) + 1)
    assert (outcome.best_epoch < 8).any()
    for k, epoch in enumerate(outcome.best_epoch.tolist()):
        for split in ("val", "test"):
            for found, then in zip(
                outcome.figures[split], reports[epoch - 1].figures[split], strict=True
            ):
                torch.testing.assert_close(found[k], then[k], rtol=1e-5, atol=1e-6)


def test_the_certificate_belongs_to_the_best_epoch():
    trainer = make_trainer(pictures(dropout=0.0), WEIGHTS, epochs=6, lr=0.05)
    multipliers = [trainer.run_epoch().multipliers.clone() for _ in range(6)]
    outcome = trainer.finish()
    for k, epoch in enumerate(outcome.best_epoch.tolist()):
        assert torch.equal(outcome.multipliers[k], multipliers[epoch - 1][k])
    terms = trainer.solver.scalarization.terms(outcome.figures["train"][0])
    torch.testing.assert_close(outcome.chebyshev_value, terms.amax(dim=1))
    gap = terms.amax(dim=1) - (outcome.multipliers * terms).sum(dim=1)
    torch.testing.assert_close(outcome.gap, gap, atol=1e-6, rtol=1e-4)
    torch.testing.assert_close(outcome.relative_gap, gap / terms.amax(dim=1), atol=1e-5, rtol=1e-4)
    assert ((outcome.stationarity >= 0) & (outcome.stationarity <= 1 + 1e-5)).all()


def test_gap_and_relative_gap_of_an_epoch():
    trainer = make_trainer(pictures(), WEIGHTS)
    report = trainer.run_epoch()
    terms = trainer.solver.scalarization.terms(report.figures["train"][0])
    gap = terms.amax(dim=1) - (report.multipliers * terms).sum(dim=1)
    torch.testing.assert_close(report.gap, gap, atol=1e-6, rtol=1e-4)
    torch.testing.assert_close(report.relative_gap, gap / terms.abs().amax(dim=1))


# Diverging


def steep(steps=20):
    """The first objective is so steep that it diverges where it weighs much."""
    return quadratics(CENTRES, [3.0, -2.0], factors=[100.0, 1.0], steps=steps)


UNSTEADY = {"optimizer": "sgd", "lr": 0.05, "schedule": "constant", "epochs": 12}


def run_all(weights):
    trainer = make_trainer(steep(8), weights, "linear", **UNSTEADY)
    reports = []
    while not trainer.finished:
        reports.append(trainer.run_epoch())
    return reports, trainer.finish()


def first_bad_epoch(reports, member):
    finite = [
        all(losses[member].isfinite().all() for losses, _ in r.figures.values()) for r in reports
    ]
    return finite.index(False) + 1


def test_a_diverging_subproblem_is_marked_with_its_epoch_and_harms_no_other():
    reports, outcome = run_all([[0.9, 0.1], [0.005, 0.995], [0.003, 0.997]])
    epoch = first_bad_epoch(reports, 0)
    assert 1 < epoch < 12
    assert outcome.failed_epoch.tolist() == [epoch, 0, 0]
    # It is marked from then on, not earlier.
    assert [r.failed_epoch[0].item() for r in reports] == [0] * (epoch - 1) + [epoch] * (13 - epoch)
    # The others are what they are beside a healthy neighbour, bit for bit …
    _, healthy = run_all([[0.004, 0.996], [0.005, 0.995], [0.003, 0.997]])
    assert healthy.failed_epoch.tolist() == [0, 0, 0]
    for k in (1, 2):
        for name, tensor in outcome.tensors.items():
            assert torch.equal(tensor[k], healthy.tensors[name][k])
        assert torch.equal(outcome.stationarity[k], healthy.stationarity[k])
        assert outcome.best_epoch[k] == healthy.best_epoch[k]
    # … and what they are alone.
    _, alone = run_all([[0.005, 0.995]])
    torch.testing.assert_close(alone.tensors["variable"][0], outcome.tensors["variable"][1])


def test_where_all_diverge_training_ends():
    reports, outcome = run_all([[0.9, 0.1], [0.8, 0.2]])
    assert len(reports) < 12
    assert len(reports) == max(outcome.failed_epoch.tolist())
    assert (outcome.failed_epoch > 0).all()


def test_a_failed_subproblem_never_recovers():
    calls = []

    class Stumbling(WeightedSum):
        def loss(self, objectives):
            calls.append(1)
            factor = torch.ones(2)
            if len(calls) == 25:
                factor[0] = torch.nan
            return super().loss(objectives) * factor

    trainer = make_trainer(steep(), [[0.005, 0.995]] * 2, Stumbling, **UNSTEADY)
    reports = train(trainer, 3)
    assert [r.failed_epoch.tolist() for r in reports] == [[0, 0], [2, 0], [2, 0]]
    assert trainer.best.epoch[0] == 1
    assert trainer.finish().failed_epoch.tolist() == [2, 0]


def test_an_epoch_that_fails_on_any_split_is_not_the_best():
    problem = quadratics(CENTRES, [3.0, -2.0])
    tasks = [Task(task.name, lambda o, t: o.mean() + t.sum()) for task in problem.tasks]
    trainer = make_trainer(dataclasses.replace(problem, tasks=tasks), [[0.5, 0.5]], "linear")
    trainer.run_epoch()
    test = trainer.splits["test"]
    spoilt = torch.full((len(test), 1), torch.nan)
    trainer.splits["test"] = Samples(test.inputs, (spoilt, spoilt))
    report = trainer.run_epoch()
    # By validation it would be the best.
    assert trainer.solver.value(report.figures["val"][0]) < trainer.best.value
    assert report.failed_epoch.tolist() == [2]
    assert trainer.best.epoch.tolist() == [1]


def test_marks_survive_a_checkpoint():
    trainer = make_trainer(steep(), [[0.9, 0.1], [0.005, 0.995]], "linear", **UNSTEADY)
    train(trainer, 11)
    state = trainer.state_dict()
    resumed = make_trainer(steep(), [[0.9, 0.1], [0.005, 0.995]], "linear", **UNSTEADY)
    resumed.load_state_dict(state)
    assert torch.equal(resumed.failed_epoch, trainer.failed_epoch)
    assert_same(solve(trainer), solve(resumed))

import copy
import dataclasses
import io
import itertools

import numpy as np
import pytest
import torch

from paretocli.core.problem import Samples, Task
from paretocli.population.optimizers import learning_rate
from paretocli.solvers.running_mean import MEAN_NAMES
from paretocli.solvers.weighted_sum import WeightedSum
from paretocli.sparsity.pattern import Pattern
from paretocli.training.certificate import stationarity
from tests.toys import HIDDEN, growl_of, make_trainer, pictures, quadratics, solve, vectors

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
        if field.name in ("figures", "tensors", "search_end"):
            torch.testing.assert_close(a, b, rtol=0, atol=0, equal_nan=True)
        elif isinstance(a, torch.Tensor):
            torch.testing.assert_close(a, b, rtol=0, atol=0, equal_nan=True, msg=field.name)
        elif field.name == "breakdown":
            a, b = a.state_dict(), b.state_dict()
            torch.testing.assert_close(a, b, rtol=0, atol=0, equal_nan=True)
        else:
            assert a == b, field.name


def saved_and_loaded(state):
    """A state through a file, as the run directory does it."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    buffer.seek(0)
    return torch.load(buffer, weights_only=True)


# Checkpoints


@pytest.mark.parametrize(
    ("solver", "optimizer"),
    [
        *itertools.product(["chebyshev", "linear"], ["adam", "adamw", "sgd"]),
        *itertools.product(["stch", "mgda", "pcgrad", "nash"], ["adam"]),
    ],
)
def test_four_epochs_at_once_and_in_two_halves(solver, optimizer):
    def fresh():
        return make_trainer(pictures(), WEIGHTS, solver, epochs=4, optimizer=optimizer)

    straight = fresh()
    first = fresh()
    train(straight, 2)
    train(first, 2)
    resumed = fresh()
    resumed.load_state_dict(saved_and_loaded(first.state_dict()))
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
    (optimizer,) = trainer.descent.optimizers
    step = optimizer.step
    optimizer.step = lambda: (rates.append(optimizer.param_groups[0]["lr"]), step())
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


def test_training_batches_alone_are_augmented_after_they_are_prepared():
    seen = []

    def augment(inputs):
        seen.append(inputs)
        return inputs + 100

    made = []

    def prepare(inputs):
        made.append(inputs.float() / 2)
        return made[-1]

    problem = dataclasses.replace(vectors(), prepare=prepare, augment=augment)
    trainer = make_trainer(problem, [[0.5, 0.5]], epochs=2, lr=1e-9)
    train(trainer, 2)
    assert [len(batch) for batch in seen] == [8] * 16
    prepared = {id(batch) for batch in made}
    assert all(id(batch) in prepared for batch in seen)
    made.clear()
    trainer.finish()
    assert made
    assert len(seen) == 16
    # What comes back is what the network sees: its first batch norm follows the shifted inputs.
    plain = make_trainer(vectors(), [[0.5, 0.5]], epochs=2, lr=1e-9)
    train(plain, 2)
    name = "body.1.running_mean"
    moved = trainer.population.buffers[name] - plain.population.buffers[name]
    assert moved.abs().max() > 10


def test_what_augmentation_draws_is_the_same_in_a_resumed_run():
    def noisy(inputs):
        return inputs + torch.randn(inputs.shape)

    def fresh():
        return make_trainer(dataclasses.replace(vectors(), augment=noisy), WEIGHTS)

    straight, resumed = fresh(), fresh()
    train(straight, 1)
    resumed.load_state_dict(saved_and_loaded(straight.state_dict()))
    (one,) = train(straight, 1)
    torch.rand(17)
    (other,) = train(resumed, 1)
    assert_same(one, other)


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


def test_multipliers_are_averaged_up_to_the_best_epoch():
    trainer = make_trainer(pictures(dropout=0.0), WEIGHTS, epochs=6, lr=0.01)
    multipliers = torch.stack([trainer.run_epoch().multipliers.clone() for _ in range(6)])
    outcome = trainer.finish()
    assert len(set(outcome.best_epoch.tolist())) > 1
    for k, epoch in enumerate(outcome.best_epoch.tolist()):
        mean = multipliers[:epoch, k].mean(dim=0)
        torch.testing.assert_close(outcome.mean_multipliers[k], mean)
    # The same certificate as that of the best epoch's own, with them in place of these.
    rest = stationarity(
        trainer.population,
        trainer.splits["train"],
        trainer.prepare,
        trainer.solver.scalarization.coefficients(outcome.mean_multipliers),
    )
    torch.testing.assert_close(outcome.mean_stationarity, rest, atol=1e-5, rtol=1e-4)
    assert not torch.equal(outcome.mean_stationarity, outcome.stationarity)


def test_a_checkpoint_of_an_older_version_goes_on_and_claims_no_mean_of_before():
    whole = make_trainer(pictures(dropout=0.0), WEIGHTS, epochs=6, lr=0.01)
    train(whole, 3)
    state = copy.deepcopy(whole.state_dict())
    for part, prefix in ((state["solver"], ""), (state["best"]["tensors"], "solver.")):
        for name in MEAN_NAMES:
            del part[prefix + name]
    resumed = make_trainer(pictures(dropout=0.0), WEIGHTS, epochs=6, lr=0.01)
    resumed.load_state_dict(state)
    reports = train(resumed, 3)
    train(whole, 3)
    outcome, expected = resumed.finish(), whole.finish()
    assert torch.equal(outcome.multipliers, expected.multipliers)
    assert torch.equal(outcome.stationarity, expected.stationarity)
    for k, epoch in enumerate(outcome.best_epoch.tolist()):
        if epoch <= 3:
            assert outcome.mean_multipliers[k].isnan().all()
            assert outcome.mean_stationarity[k].isnan()
        else:
            mean = torch.stack([r.multipliers[k] for r in reports[: epoch - 3]]).mean(dim=0)
            torch.testing.assert_close(outcome.mean_multipliers[k], mean)


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


# Sparsity: the search, and retraining within what it found

SPARSE_WEIGHTS = [[0.2, 0.4, 0.4], [0.5, 0.3, 0.2], [0.8, 0.1, 0.1]]
SEARCH, RETRAINING = 4, 3
PHASES = {
    "epochs": SEARCH,
    "retrain_epochs": RETRAINING,
    "lr": 0.05,
    "retrain_lr": 0.01,
    "share_similarity": 0.3,
}


def sparse(weights=SPARSE_WEIGHTS, solver="chebyshev", **settings):
    problem = vectors()
    return make_trainer(problem, weights, solver, sparsity=growl_of(problem), **(PHASES | settings))


def hidden_rows(tensors):
    """The hidden layer (K, R, out), a row an input."""
    return tensors[HIDDEN].detach().transpose(1, 2)


def zeros_of(tensors):
    return (hidden_rows(tensors) == 0).all(dim=2)


def ties_of(tensors):
    """Which pairs of rows (K, R, R) are equal and not zero."""
    rows = hidden_rows(tensors)
    equal = (rows.unsqueeze(1) == rows.unsqueeze(2)).all(dim=3)
    alive = ~zeros_of(tensors)
    own = torch.eye(rows.shape[1], dtype=torch.bool)
    return equal & alive.unsqueeze(1) & alive.unsqueeze(2) & ~own


def ties_in(pattern):
    """The pairs of rows (K, R, R) that a pattern ties."""
    found = pattern.representatives[HIDDEN]
    own = torch.eye(found.shape[1], dtype=torch.bool)
    return (found.unsqueeze(1) == found.unsqueeze(2)) & (found >= 0).unsqueeze(1) & ~own


def assert_tied(tensors, pattern):
    """Whether the rows that are equal are those that the pattern ties, but for new zero rows."""
    alive = ~zeros_of(tensors)
    expected = ties_in(pattern) & alive.unsqueeze(1) & alive.unsqueeze(2)
    assert torch.equal(ties_of(tensors), expected)


def test_a_search_and_then_a_retraining():
    trainer = sparse()
    assert trainer.phases.longest == SEARCH + RETRAINING
    reports = []
    for epoch in range(1, trainer.phases.longest + 1):
        assert not trainer.finished
        reports.append(trainer.run_epoch())
        assert trainer.phases.retraining == (epoch > SEARCH)
        assert (trainer.pattern is None) == (epoch <= SEARCH)
        assert torch.equal(
            reports[-1].zero_rows, zeros_of(trainer.population.parameters).sum(dim=1)
        )
        # Sparsity is the first objective, and the same on every split.
        value = trainer.sparsity.value(trainer.population.parameters)
        for split in ("val", "test"):
            losses, _ = reports[-1].figures[split]
            assert losses.shape == (3, 3)
            torch.testing.assert_close(losses[:, 0], value.detach(), rtol=0, atol=0)
    assert trainer.finished
    assert [report.epoch for report in reports] == list(range(1, 8))
    # More weight on sparsity, fewer rows.
    assert reports[-1].zero_rows.tolist() == sorted(reports[-1].zero_rows.tolist())
    assert reports[-1].zero_rows[1] >= 10
    outcome = trainer.finish()
    assert set(outcome.parameters) == set(trainer.population.parameters)
    assert set(outcome.tensors) - set(outcome.parameters) == set(trainer.population.buffers)
    assert (outcome.best_epoch > SEARCH).all()


def test_zero_rows_and_ties_are_kept_exactly_while_retraining():
    trainer = sparse()
    train(trainer, SEARCH)
    zero = zeros_of(trainer.population.parameters)
    assert not ties_of(trainer.population.parameters).any()
    for _ in range(RETRAINING):
        trainer.run_epoch()
        tensors = trainer.population.parameters
        assert zeros_of(tensors)[zero].all()
        assert torch.equal(trainer.pattern.representatives[HIDDEN] < 0, zero)
        assert_tied(tensors, trainer.pattern)
    outcome = trainer.finish()
    assert zeros_of(outcome.tensors)[zero].all()
    assert_tied(outcome.tensors, trainer.pattern)
    assert ties_in(trainer.pattern).any(dim=2).sum(dim=1).min() >= 4
    # Each network has a pattern of its own.
    assert len({tuple(rows.tolist()) for rows in trainer.pattern.representatives[HIDDEN]}) == 3


def test_retraining_starts_from_the_end_of_the_search():
    # Steps that change hardly anything, and no ties.
    trainer = sparse(epochs=8, lr=0.1, schedule="constant", retrain_lr=1e-9, share_similarity=1.0)
    train(trainer, 8)
    assert min(trainer.best.epoch.tolist()) < 8
    last = {name: p.detach().clone() for name, p in trainer.population.parameters.items()}
    trainer.run_epoch()
    for name, parameter in trainer.population.parameters.items():
        torch.testing.assert_close(parameter.detach(), last[name], rtol=0, atol=1e-6)


def test_no_epoch_of_the_search_is_the_best_one_for_it_had_no_ties():
    # Ties that harm, and steps too small to make up for it.
    trainer = sparse(share_similarity=0.01, retrain_lr=1e-9)
    train(trainer, SEARCH)
    searched = trainer.best.value.clone()
    outcome = solve(trainer)
    assert (trainer.best.value > searched).any()
    assert (outcome.best_epoch > SEARCH).all()
    assert_tied(outcome.tensors, trainer.pattern)


def test_without_retraining_nothing_is_tied():
    trainer = sparse(retrain_epochs=0)
    assert trainer.phases.longest == SEARCH
    outcome = solve(trainer)
    assert trainer.epoch == SEARCH
    assert trainer.pattern is None
    assert not trainer.phases.retraining
    assert zeros_of(outcome.tensors).any()
    assert not ties_of(outcome.tensors).any()
    # It is the search of a run with both phases.
    other = sparse()
    train(other, SEARCH)
    assert torch.equal(other.best.tensors[f"network.{HIDDEN}"], outcome.tensors[HIDDEN])


def test_rows_that_are_not_similar_enough_are_not_tied():
    trainer = sparse(share_similarity=1.0)
    outcome = solve(trainer)
    assert trainer.epoch == SEARCH + RETRAINING
    assert zeros_of(outcome.tensors).any()
    assert not ties_of(outcome.tensors).any()


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_each_phase_has_a_learning_rate_and_a_schedule_of_its_own(schedule):
    trainer = sparse(schedule=schedule)
    rates = []
    descent = trainer.descent

    def noted(descent):
        step = descent.step
        descent.step = lambda rate, *more: (rates.append(rate), step(rate, *more))

    noted(descent)
    train(trainer, SEARCH)
    assert rates == [learning_rate(schedule, 0.05, i, 8 * SEARCH) for i in range(8 * SEARCH)]
    trainer.run_epoch()
    assert trainer.descent is not descent
    rates.clear()
    noted(trainer.descent)
    train(trainer, RETRAINING - 1)
    steps = 8 * RETRAINING
    assert rates == [learning_rate(schedule, 0.01, i, steps) for i in range(8, steps)]
    for optimizer in trainer.descent.optimizers:
        assert {group["lr"] for group in optimizer.param_groups} == {rates[-1]}


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize(
    "epoch", [2, SEARCH, SEARCH + 1], ids=["in the search", "after it", "retraining"]
)
def test_a_run_of_two_phases_at_once_and_in_two_parts(epoch, optimizer):
    # Clusters of many rows: their means are subject to rounding.
    settings = {"optimizer": optimizer, "lr": 0.3, "share_similarity": 0.1}
    straight, resumed = sparse(**settings), sparse(**settings)
    train(straight, epoch)
    resumed.load_state_dict(saved_and_loaded(straight.state_dict()))
    assert resumed.epoch == epoch
    assert resumed.phases.retraining == (epoch > SEARCH)
    for name, tensor in straight.population.state_dict().items():
        assert torch.equal(resumed.population.state_dict()[name], tensor), name
    rest = train(straight, SEARCH + RETRAINING - epoch)
    torch.rand(17)
    for one, other in zip(rest, train(resumed, len(rest)), strict=True):
        assert_same(one, other)
    assert straight.finished
    assert resumed.finished
    for name, rows in straight.pattern.representatives.items():
        assert torch.equal(resumed.pattern.representatives[name], rows)
    outcome = straight.finish()
    assert_same(outcome, resumed.finish())
    assert zeros_of(outcome.tensors).any()
    assert ties_of(outcome.tensors).sum(dim=2).max() >= 6


def test_without_sparsity_there_is_one_phase_whatever_the_settings_say():
    plain = make_trainer(vectors(), WEIGHTS, epochs=3)
    told = make_trainer(
        vectors(),
        WEIGHTS,
        epochs=3,
        sparsity=None,
        pattern=None,
        retrain_epochs=5,
        retrain_lr=0.3,
        share_similarity=0.1,
        jobs=2,
    )
    assert told.phases.longest == 3
    for one, other in zip(train(plain, 3), train(told, 3), strict=True):
        assert one.zero_rows is None
        assert_same(one, other)
    assert told.finished
    assert not told.phases.retraining
    assert_same(plain.finish(), told.finish())


def test_a_pattern_without_zeros_and_ties_changes_nothing():
    pattern = Pattern({HIDDEN: torch.arange(40).repeat(3, 1)})
    bound = make_trainer(vectors(), WEIGHTS, epochs=2, pattern=pattern)
    assert_same(solve(make_trainer(vectors(), WEIGHTS, epochs=2)), solve(bound))


def a_pattern(members):
    """Rows 0 to 9 are zero; 10, 12, … are tied to 10, and 11, 13, … to 11 up to row 25."""
    rows = torch.arange(40)
    rows[10:26] = 10 + torch.arange(16) % 2
    rows[:10] = -1
    return Pattern({HIDDEN: rows.repeat(members, 1)})


@pytest.mark.parametrize("with_sparsity", [False, True])
def test_a_pattern_from_the_start_is_kept_and_nothing_is_searched(with_sparsity):
    problem = vectors()
    trainer = make_trainer(
        problem,
        SPARSE_WEIGHTS if with_sparsity else WEIGHTS,
        sparsity=growl_of(problem) if with_sparsity else None,
        pattern=a_pattern(3),
        **PHASES,
    )
    assert trainer.phases.longest == SEARCH
    zero = torch.zeros(3, 40, dtype=torch.bool)
    zero[:, :10] = True

    def check(tensors):
        assert torch.equal(zeros_of(tensors), zero)
        assert torch.equal(ties_of(tensors), ties_in(a_pattern(3)))

    check(trainer.population.parameters)
    while not trainer.finished:
        trainer.run_epoch()
        check(trainer.population.parameters)
        assert not trainer.phases.retraining
    assert trainer.epoch == SEARCH
    check(trainer.finish().tensors)


def test_a_run_within_a_pattern_in_two_parts():
    def fresh():
        return make_trainer(vectors(), WEIGHTS, pattern=a_pattern(3), epochs=4)

    straight, resumed = fresh(), fresh()
    train(straight, 2)
    resumed.load_state_dict(saved_and_loaded(straight.state_dict()))
    for one, other in zip(train(straight, 2), train(resumed, 2), strict=True):
        assert_same(one, other)
    assert_same(straight.finish(), resumed.finish())


def test_with_sparsity_a_result_does_not_depend_on_its_companions():
    one = solve(sparse())
    # Others beside it, bit for bit …
    beside = [[0.3, 0.3, 0.4], SPARSE_WEIGHTS[1], [0.1, 0.8, 0.1]]
    other = solve(sparse(beside))
    for name, tensor in one.tensors.items():
        assert torch.equal(other.tensors[name][1], tensor[1]), name
    assert one.best_epoch[1] == other.best_epoch[1]
    assert torch.equal(one.stationarity[1], other.stationarity[1])
    # … and none beside it, where sums are taken in another order.
    alone = solve(sparse(SPARSE_WEIGHTS[1:2]))
    assert torch.equal(zeros_of(alone.tensors)[0], zeros_of(one.tensors)[1])
    assert torch.equal(ties_of(alone.tensors)[0], ties_of(one.tensors)[1])
    assert alone.best_epoch[0] == one.best_epoch[1]
    for name, tensor in one.tensors.items():
        torch.testing.assert_close(alone.tensors[name][0], tensor[1], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("step", "epoch"), [(3, 1), (20, 3), (8 * SEARCH + 3, SEARCH + 1)], ids=["first", "third", "re"]
)
def test_a_subproblem_that_diverges_is_no_hindrance_to_the_others_retraining(step, epoch):
    def run(factor):
        calls = []

        class Stumbling(WeightedSum):
            def loss(self, objectives):
                calls.append(1)
                factors = torch.ones(2)
                if len(calls) == step:
                    factors[0] = factor
                return super().loss(objectives) * factors

        trainer = sparse(SPARSE_WEIGHTS[:2], Stumbling)
        return trainer, solve(trainer)

    trainer, outcome = run(torch.nan)
    assert trainer.epoch == SEARCH + RETRAINING
    assert outcome.failed_epoch.tolist() == [epoch, 0]
    _, healthy = run(1.0)
    assert healthy.failed_epoch.tolist() == [0, 0]
    for name, tensor in outcome.tensors.items():
        assert torch.equal(tensor[1], healthy.tensors[name][1]), name
    assert ties_of(healthy.tensors)[1].any()

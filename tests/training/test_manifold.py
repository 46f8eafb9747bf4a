"""Points that are mixtures of one network a task."""

from dataclasses import asdict, replace

import pytest
import torch
from torch import nn

from paretocli.core.problem import Defaults, Problem, Samples, Task
from paretocli.networks.building import build_network
from paretocli.options.declared import defaults as option_defaults
from paretocli.planning.preferences import simplex_lattice
from paretocli.population.conditioned import ConditionedEnds
from paretocli.population.ends import LowRankEnds, WholeEnds
from paretocli.population.population import Population
from paretocli.problems.loading import load_problem
from paretocli.solvers.pulled import Pulled
from paretocli.solvers.registry import SOLVERS
from paretocli.training import manifold
from paretocli.training.batches import batches
from paretocli.training.manifold import ManifoldTrainer
from paretocli.training.mixing import Mixing
from tests.toys import CPU, make_trainer, pictures, quadratics, solve, vectors
from tests.training.test_trainer import assert_same, saved_and_loaded

LINE = simplex_lattice(2, 8).tolist()
FEW = [[0.0, 1.0], [0.3, 0.7], [0.9, 0.1]]


def mixtures(
    problem,
    weights=FEW,
    solver="chebyshev",
    *,
    draws=2,
    until=0,
    rank=0,
    biases=(),
    concentration=1.0,
    pull=0.0,
    **settings,
):
    """A trainer of mixtures, or of one network of which biases shift with the weights.

    For all of training unless told until when.
    """
    plain = make_trainer(problem, weights, solver, **settings)
    network = build_network(problem.defaults.network, problem, 0)

    def networks(count):
        return Population(network, problem.trained, count, device=CPU)

    tasks = len(weights[0])
    if biases:
        ends = ConditionedEnds(network, tasks, biases, device=CPU, seed=0)
    elif rank:
        ends = LowRankEnds(network, tasks, rank, device=CPU, seed=0)
    else:
        ends = WholeEnds(network, tasks, device=CPU)

    def solver_of(of_draws):
        made = SOLVERS[solver].made(of_draws, option_defaults() | asdict(problem.defaults))
        return Pulled(made, pull) if pull else made

    mixing = Mixing(
        problem,
        ends,
        networks(draws),
        solver_of,
        plain.solver.scalarization,
        concentration=concentration,
        micro_batch=plain.settings.micro_batch,
    )
    return ManifoldTrainer(
        problem,
        networks(len(weights)),
        plain.solver,
        plain.settings,
        mixing=mixing,
        until=until or plain.settings.epochs,
    )


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Points are measured on few samples: these trainings are short."""
    monkeypatch.setattr(manifold, "MEASURED", 16)


# Where the Pareto set is a simplex: with equal quadratics, the mixtures of their centres

TRIANGLE = [[0.0, 0.0, 0.0], [1.0, 2.0, 0.0], [0.0, 1.0, 1.0]]


def of_two(solver, *, draws=2):
    problem = quadratics([[0.0, 0.0], [1.0, 2.0]], [3.0, -1.0], steps=20)
    return mixtures(problem, LINE, solver, draws=draws, epochs=15, lr=0.1)


@pytest.mark.parametrize("draws", [1, 2, 3])
def test_a_segment_is_found_exactly(draws):
    trainer = of_two("linear", draws=draws)
    outcome = solve(trainer)
    exact = torch.tensor(LINE)[:, 1:] * torch.tensor([[1.0, 2.0]])
    assert (outcome.tensors["variable"] - exact).abs().max() < 2e-3
    assert trainer.subproblem_epochs == draws * 15
    # Of the corners one gradient alone is asked for, and it vanishes.
    assert outcome.stationarity[1:-1].max() < 2e-3


def test_a_triangle_is_found_exactly():
    weights = simplex_lattice(3, 4).tolist()
    problem = quadratics(TRIANGLE, [3.0, -1.0, 0.0], steps=20)
    trainer = mixtures(problem, weights, "linear", epochs=15, lr=0.1)
    exact = torch.tensor(weights, dtype=torch.float32) @ torch.tensor(TRIANGLE)
    assert (solve(trainer).tensors["variable"] - exact).abs().max() < 0.01


def rows(targets):
    """f_i(X) = ‖X − C_i‖² for a matrix X (r, 3), which three samples take apart."""
    data = torch.eye(3).repeat(4, 1)
    samples = Samples(data, tuple((data @ torch.tensor(c).T) for c in targets))

    def loss(output, target):
        return (output - target).square().sum(dim=1).mean()

    return Problem(
        name="rows",
        tasks=[Task(f"f{i}", loss, lower_bound=0.0) for i in range(len(targets))],
        train=samples,
        val=samples,
        test=samples,
        networks={"matrix": lambda: Twice(nn.Linear(3, len(targets[0]), bias=False))},
        generic=False,
        defaults=Defaults(network="matrix", epochs=200, batch_size=3, lr=0.05),
    )


class Twice(nn.Module):
    def __init__(self, matrix):
        super().__init__()
        self.matrix = matrix

    def forward(self, inputs):
        return [self.matrix(inputs)] * 2


@pytest.mark.parametrize("rank", [0, 1])
def test_matrices_that_differ_by_rank_one_are_found_with_it(rank):
    """C_1 − C_2 has rank 1; beside it, C_1 has rank 2."""
    first = [[1.0, 2.0, 0.0], [0.0, 1.0, -1.0]]
    second = [[1.0, 2.0, 1.0], [0.0, 1.0, 1.0]]
    outcome = solve(mixtures(rows([first, second]), LINE, "linear", rank=rank, epochs=100))
    shares = torch.tensor(LINE)
    wanted = torch.einsum("km,mij->kij", shares, torch.tensor([first, second]))
    away = (outcome.tensors["matrix.weight"] - wanted).abs().max()
    assert away < 0.02


def test_a_difference_of_rank_three_is_more_than_two_of_rank_one():
    first, second = torch.eye(3).tolist(), (-torch.eye(3)).tolist()
    found = {}
    for rank in (1, 2):
        outcome = solve(mixtures(rows([first, second]), LINE, "linear", rank=rank, epochs=100))
        corners = outcome.tensors["matrix.weight"][[0, -1]]
        found[rank] = (corners - torch.tensor([second, first])).abs().max()
    assert found[2] < 0.02
    assert found[1] > 0.2


@pytest.mark.parametrize("solver", ["chebyshev", "stch", "linear"])
def test_a_concave_front_is_covered_where_the_largest_term_is_trained(solver, tmp_path):
    trainer = mixtures(load_problem("vlmop2", tmp_path), LINE, solver, epochs=8)
    while not trainer.finished:
        trainer.run_epoch()
    first, second = trainer.evaluated("test")[0].double().unbind(dim=1)
    place = 1 - (-torch.log1p(-first)).sqrt()
    middle = slice(1, -1)  # the ends go past the corners
    on_front = -torch.expm1(-((place + 1) ** 2))
    assert (second - on_front)[middle].abs().max() < 0.01
    # A weighted sum of what is concave draws all towards the corners.
    assert bool((first[middle].diff() < -0.05).all()) == (solver != "linear")


# What batch norm remembers, and what is said of training


def test_batch_norm_is_measured_again_for_each_point(monkeypatch):
    monkeypatch.setattr(manifold, "MEASURED", 1000)
    problem = pictures(dropout=0.0)
    trainer = mixtures(problem, epochs=2)
    trainer.run_epoch(), trainer.run_epoch()
    for member in range(3):
        network = build_network("noisy", problem, 0).train()
        network.body[1].momentum = None  # the mean of all that it sees
        state = {n: t[member] for n, t in trainer.population.state_dict().items()}
        network.load_state_dict(state)
        network.body[1].reset_running_stats()
        for batch, _, _ in batches(problem.train, trainer.settings, 1):
            network(batch.inputs)
        for name in ("running_mean", "running_var"):
            torch.testing.assert_close(
                network.state_dict()[f"body.1.{name}"], state[f"body.1.{name}"]
            )


def test_losses_of_training_are_those_of_the_points_after_the_epoch():
    problem = vectors()
    trainer = mixtures(problem, epochs=2)
    report = trainer.run_epoch()
    losses = report.figures["train"][0]
    torch.testing.assert_close(report.relative_gap, trainer.claims.gap(losses)[1])
    seen = [batch for batch, _, _ in batches(problem.train, trainer.settings, 0)][:2]
    trainer.population.train()
    torch.manual_seed(0)
    with torch.no_grad():
        losses = [trainer.population.measure(b.inputs, b.targets)[0] for b in seen]
    # But for dropout, which draws anew.
    torch.testing.assert_close(
        report.figures["train"][0], torch.stack(losses).mean(dim=0), rtol=0.2, atol=0.2
    )
    torch.testing.assert_close(
        report.relative_gap, trainer.claims.gap(report.figures["train"][0])[1]
    )


def test_multipliers_stay_alike_until_points_go_on_by_themselves():
    trainer = mixtures(vectors(), epochs=4, until=2)
    alike = torch.full((3, 2), 0.5)
    reports = [trainer.run_epoch() for _ in range(4)]
    assert [torch.equal(one.multipliers, alike) for one in reports] == [True, True, False, False]
    assert [one.subproblem_epochs for one in reports] == [2, 4, 7, 10]
    assert trainer.finished


# Points that go on by themselves


@pytest.mark.parametrize("problem", [vectors, pictures])
def test_from_its_mixture_a_point_goes_on_as_any_network(problem):
    trainer = mixtures(problem(), epochs=5, until=2, optimizer="sgd")
    trainer.run_epoch(), trainer.run_epoch()
    plain = make_trainer(problem(), FEW, epochs=5, optimizer="sgd")
    plain.population.load_state_dict(trainer.population.state_dict())
    plain.phases.epoch = 2
    for _ in range(3):
        one, other = trainer.run_epoch(), plain.run_epoch()
        for split, figures in one.figures.items():
            torch.testing.assert_close(figures, other.figures[split], rtol=0, atol=0)
        assert torch.equal(one.multipliers, other.multipliers)
    assert "mixing" not in trainer.state_dict()


def test_where_going_on_makes_it_worse_the_mixture_stays():
    trainer = mixtures(vectors(), epochs=4, until=2)
    trainer.run_epoch(), trainer.run_epoch()
    mixed = trainer.population.state_dict()["body.0.weight"].clone()
    trainer.settings = replace(trainer.settings, lr=1e4)
    trainer.phases._settings = trainer.settings
    best = trainer.best.epoch.clone()
    outcome = solve(trainer)
    assert torch.equal(outcome.best_epoch, best)
    assert torch.equal(outcome.tensors["body.0.weight"][best == 2], mixed[best == 2])
    assert outcome.epochs.tolist() == [4, 4, 4]


# Checkpoints

MAKERS = {
    "mixtures": lambda: mixtures(pictures(), epochs=4),
    "then alone": lambda: mixtures(pictures(), epochs=4, until=2),
    "averaged": lambda: mixtures(pictures(), epochs=4, until=3, ema=0.9),
    "sgd, in parts": lambda: mixtures(
        pictures(), epochs=4, draws=1, optimizer="sgd", micro_batch=3
    ),
    "low rank": lambda: mixtures(pictures(), epochs=4, rank=1, until=3, ema=0.9),
    "frozen at first": lambda: mixtures(
        vectors(), epochs=4, thaw_epochs={"body.0.weight": 2}, until=3
    ),
}


@pytest.mark.parametrize(
    ("name", "half"), [*((name, 2) for name in MAKERS), ("then alone", 1), ("then alone", 3)]
)
def test_four_epochs_at_once_and_in_two_parts(name, half):
    straight, first, resumed = (MAKERS[name]() for _ in range(3))
    reports = [straight.run_epoch() for _ in range(4)]
    for _ in range(half):
        first.run_epoch()
    resumed.load_state_dict(saved_and_loaded(first.state_dict()))
    assert resumed.epoch == half
    for one in reports[half:]:
        assert_same(one, resumed.run_epoch())
    assert_same(straight.finish(), resumed.finish())


def test_a_state_of_other_ends_is_refused():
    state = mixtures(quadratics(TRIANGLE, [0.0, 0.0, 0.0]), [[0.2, 0.3, 0.5]] * 2).state_dict()
    two = mixtures(quadratics(TRIANGLE[:2], [0.0, 0.0, 0.0]), [[0.2, 0.8]] * 2)
    with pytest.raises((ValueError, RuntimeError)):
        two.load_state_dict(state)


# The rest


def test_in_parts_as_at_once():
    one, other = (
        mixtures(quadratics([[0.0], [1.0]], [3.0], steps=12), epochs=3, batch_size=4, **parts)
        for parts in ({}, {"micro_batch": 3})
    )
    torch.testing.assert_close(solve(one).tensors, solve(other).tensors)


def test_averages_are_those_of_the_ends():
    trainer = mixtures(quadratics([[0.0], [1.0]], [3.0]), LINE, epochs=2, ema=0.9)
    trainer.run_epoch()
    with trainer.descent.averaged(torch.zeros(9, dtype=torch.bool)):
        ends = trainer.mixing.ends.copies.parameters["variable"].detach().clone()
    torch.testing.assert_close(
        trainer.population.parameters["variable"].detach(), torch.tensor(LINE) @ ends
    )
    assert not torch.allclose(ends, trainer.mixing.ends.copies.parameters["variable"])


def test_what_is_frozen_at_first_stays_and_then_differs():
    trainer = mixtures(vectors(), epochs=3, thaw_epochs={"body.0.weight": 2})
    start = trainer.population.parameters["body.0.weight"].detach().clone()
    trainer.run_epoch(), trainer.run_epoch()
    torch.testing.assert_close(trainer.population.parameters["body.0.weight"].detach(), start)
    trainer.run_epoch()
    after = trainer.population.parameters["body.0.weight"].detach()
    assert not torch.allclose(after[0], after[2])


def test_where_the_ends_diverge_no_point_is_left():
    trainer = mixtures(quadratics([[0.0], [1.0]], [3.0]), epochs=3, optimizer="sgd", lr=1e6)
    while not trainer.finished:
        trainer.run_epoch()
    outcome = trainer.finish()
    assert outcome.failed_epoch.tolist() == [1, 1, 1]
    steps = outcome.breakdown.step.tolist()
    assert len(set(steps)) == 1
    assert steps[0] > 1
    assert outcome.breakdown.grew.all()


def test_all_points_are_of_one_epoch_until_they_go_on_by_themselves():
    problem = vectors()
    trainer = mixtures(problem, epochs=6, lr=0.3, until=4)
    values = []
    for _ in range(4):
        report = trainer.run_epoch()
        values.append(float(trainer.solver.value(report.figures["val"][0]).mean()))
    together = values.index(min(values)) + 1
    assert trainer.best.epoch.tolist() == [together] * 3
    before = trainer.best.value.clone()
    trainer.run_epoch()
    assert trainer.best.epoch.tolist() == [
        5 if b < a else together for a, b in zip(before, trainer.best.value, strict=True)
    ]


def test_epochs_that_no_other_beats_are_kept():
    trainer = mixtures(vectors(), epochs=6, kept=3, lr=0.05)
    kept = solve(trainer).kept
    assert any(kept)

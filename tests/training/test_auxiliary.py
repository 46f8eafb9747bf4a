"""Training on auxiliary losses, against exact answers and a loop of plain torch."""

import dataclasses
import io
import math
from itertools import islice

import pytest
import torch
from torch import nn

from paretocli.core.problem import Defaults, Problem, Samples, Task
from paretocli.distillation.imitation import with_adaptors
from paretocli.distillation.teachers import Teachers
from paretocli.networks.building import build_network
from paretocli.population.population import Population
from paretocli.population.transfer import TRANSFERS
from paretocli.solvers.registry import SOLVERS
from paretocli.training.batches import batches
from paretocli.training.certificate import stationarity
from paretocli.training.losses import TrainingLosses
from tests.toys import CPU, growl_of, make_trainer, mean_output, solve, vectors

# Two parabolas and a pull to 3, whose strength is known.


class Place(nn.Module):
    def __init__(self):
        super().__init__()
        self.x = nn.Parameter(torch.tensor([0.3]))

    def forward(self, inputs):
        both = {"left": (self.x - 1) ** 2, "right": (self.x + 1) ** 2}
        return {**both, "pull": ((self.x - 3) ** 2).squeeze()}


def parabolas(coefficient):
    data = Samples(torch.zeros(12, 0), (torch.zeros(12, 0), torch.zeros(12, 0)))
    return Problem(
        name="parabolas",
        tasks=[Task(name, mean_output, lower_bound=0.0) for name in ("left", "right")],
        train=data,
        val=data,
        test=data,
        networks={"place": Place},
        generic=False,
        auxiliary={"pull": coefficient},
        defaults=Defaults(
            **{"network": "place", "epochs": 15, "batch_size": 1, "lr": 0.1, "scale": "none"}
            | {"penalty": 10.0, "averaging": 1}
        ),
    )


def at_the_end(coefficient, solver):
    """Where training ends, how far from a stationary point, and the trainer.

    Which epoch is best is up to the tasks alone, and may be one before the pull has its say.
    """
    trainer = make_trainer(parabolas(coefficient), [[0.5, 0.5]], solver, epsilon=0.0)
    while not trainer.finished:
        report = trainer.run_epoch()
    rest = stationarity(
        *(trainer.population, trainer.splits["train"], trainer.prepare),
        trainer.solver.certified(),
        auxiliary=trainer.auxiliary,
    )
    return trainer.population.parameters["x"].item(), rest.min().item(), report, trainer


@pytest.mark.parametrize("coefficient", [0.0, 0.1, 0.5, 1.0])
def test_a_weighted_sum_moves_by_what_is_known(coefficient):
    """x² + 1 + c (x − 3)² is smallest at 3 c / (1 + c)."""
    found, rest, report, _ = at_the_end(coefficient, "linear")
    x = 3 * coefficient / (1 + coefficient)
    assert found == pytest.approx(x, abs=1e-3)
    assert rest < 1e-3
    # The tasks are measured without it, and it is measured apart.
    for split in ("train", "val"):
        losses = report.figures[split][0][0].tolist()
        assert losses == pytest.approx([(x - 1) ** 2, (x + 1) ** 2], abs=1e-2)
    beside = [] if coefficient == 0 else [(x - 3) ** 2]
    assert report.auxiliary[0].tolist() == pytest.approx(beside, abs=1e-2)


@pytest.mark.parametrize(
    ("coefficient", "x", "multipliers"),
    [
        (0.1, 0.0, [0.2, 0.8]),  # λ_2 − λ_1 = 6 c holds it at the kink
        (0.5, 1.0, [0.0, 1.0]),  # x + 1 + 2 c (x − 3) = 0, beyond it
    ],
)
def test_the_certificate_is_of_what_was_minimised(coefficient, x, multipliers):
    found, rest, report, trainer = at_the_end(coefficient, "chebyshev")
    assert found == pytest.approx(x, abs=0.01)
    assert report.multipliers[0].tolist() == pytest.approx(multipliers, abs=0.02)
    assert rest < 0.02
    assert report.relative_gap.item() < 0.02
    # Of the objectives alone it would say that they pull one way.
    population, data = trainer.population, trainer.splits["train"]
    alone = stationarity(population, data, trainer.prepare, trainer.solver.certified())
    assert alone.min().item() == pytest.approx(multipliers[1] - multipliers[0], abs=0.02)


# A mixture of experts with a balance for the batch, and a penalty for each sample.


class Experts(nn.Module):
    def __init__(self):
        super().__init__()
        self.experts = nn.ModuleList(nn.Linear(6, 5) for _ in range(3))
        self.gate = nn.Linear(6, 3)
        self.body = nn.Linear(5, 4)
        self.heads = nn.ModuleList(nn.Linear(4, 3) for _ in range(2))

    def forward(self, inputs):
        gate = self.gate(inputs).softmax(dim=1)
        parts = torch.stack([torch.relu(expert(inputs)) for expert in self.experts], dim=1)
        features = torch.relu(self.body((gate.unsqueeze(2) * parts).sum(dim=1)))
        a, b = (head(features) for head in self.heads)
        balance = 3 * (gate.mean(dim=0) ** 2).sum()
        return {"balance": balance, "b": b, "a": a, "size": features.square().sum(dim=1)}


AUXILIARY = {"balance": 0.3, "size": 0.05}
WEIGHTS = [[0.2, 0.8], [0.5, 0.5], [0.9, 0.1]]


def mixture(auxiliary=AUXILIARY):
    return dataclasses.replace(
        vectors(),
        networks={"experts": Experts},
        auxiliary=auxiliary,
        defaults=Defaults(network="experts", epochs=3, batch_size=16, lr=0.02),
    )


def by_hand(trainer, weights, *, parts=1):
    """The parameters after training in plain torch, and the auxiliary losses of each epoch."""
    problem = mixture()
    network = build_network("experts", problem, 0).train()
    optimizer = torch.optim.Adam(network.parameters(), lr=0.02)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 3 * 4)
    found = []
    for epoch in range(3):
        values = []
        for batch, _, _ in batches(problem.train, trainer.settings, epoch):
            optimizer.zero_grad()
            total = torch.zeros(2)
            for inputs, *targets in zip(
                *(t.chunk(parts) for t in (batch.inputs, *batch.targets)), strict=True
            ):
                out = network(inputs)
                both = [
                    task.loss(out[task.name], target).mean()
                    for task, target in zip(problem.tasks, targets, strict=True)
                ]
                own = torch.stack([out["balance"], out["size"].mean()])
                loss = weights[0] * both[0] + weights[1] * both[1] + 0.3 * own[0] + 0.05 * own[1]
                (loss / parts).backward()
                total += own.detach() / parts
            optimizer.step()
            schedule.step()
            values.append(total)
        found.append(torch.stack(values).mean(dim=0))
    return network.state_dict(), torch.stack(found)


def trained(solver="linear", **settings):
    trainer = make_trainer(mixture(), WEIGHTS, solver, epsilon=0.0, **settings)
    reports = [trainer.run_epoch() for _ in range(3)]
    return trainer, reports


@pytest.mark.parametrize(
    ("stacked", "parts", "apart"),
    [(True, 1, False), (False, 1, False), (True, 4, False), (False, 2, True), (True, 1, True)],
)
def test_a_hand_written_loop_reaches_the_same(stacked, parts, apart):
    settings = {"micro_batch": 0 if parts == 1 else 16 // parts}
    if apart:
        settings["streams"] = (3, 3, 3)
    trainer = make_trainer(mixture(), WEIGHTS, "linear", epsilon=0.0, **settings)
    trainer.population.stacked = stacked
    reports = [trainer.run_epoch() for _ in range(3)]
    alone = trainer
    if apart:
        alone = make_trainer(mixture(), WEIGHTS[:1], "linear", streams=(3,))
    for member, weights in enumerate(WEIGHTS):
        state, values = by_hand(alone, weights, parts=parts)
        for name, tensor in state.items():
            own = trainer.population.parameters[name][member]
            torch.testing.assert_close(own, tensor, rtol=1e-5, atol=1e-5)
        own = torch.stack([report.auxiliary[member] for report in reports])
        torch.testing.assert_close(own, values, rtol=1e-5, atol=1e-5)


def gradients_of_a_step(auxiliary, solver="linear", **settings):
    problem = mixture(auxiliary)
    rows = [[0.2, 0.3, 0.5], [0.1, 0.6, 0.3]] if "sparsity" in settings else WEIGHTS
    trainer = make_trainer(problem, rows, solver, **settings)
    trainer.population.train()
    torch.manual_seed(0)  # pcgrad draws
    ((batch, _, _),) = islice(batches(trainer.splits["train"], trainer.settings, 0), 1)
    objectives, _, values = trainer.gradients.of(batch, trainer.descent)
    gradients = {name: p.grad.clone() for name, p in trainer.population.parameters.items()}
    return trainer, batch, objectives, values, gradients


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("solver", [name for name in SOLVERS if name != "single"])
def test_every_solver_s_gradient_has_them_added_and_nothing_else(solver, sparse):
    own = growl_of(mixture()) if sparse else None
    settings = {"sparsity": own} if sparse else {}
    _, _, plain, nothing, without = gradients_of_a_step({}, solver, **settings)
    _, batch, objectives, values, found = gradients_of_a_step(AUXILIARY, solver, **settings)
    torch.testing.assert_close(objectives, plain)
    assert (nothing.shape[1], values.shape[1]) == (0, 2)
    network = build_network("experts", mixture(), 0).train()
    out = network(batch.inputs)
    (0.3 * out["balance"] + 0.05 * out["size"].mean()).backward()
    for name, parameter in network.named_parameters():
        added = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        for member in range(len(found[name])):
            torch.testing.assert_close(
                found[name][member], without[name][member] + added, rtol=1e-4, atol=1e-6
            )
    # One number a sample is the same in parts of a batch.
    only = {"size": 0.05}
    *_, whole = gradients_of_a_step(only, solver, **settings)
    *_, parts = gradients_of_a_step(only, solver, micro_batch=5, **settings)
    torch.testing.assert_close(parts, whole, rtol=1e-4, atol=1e-6)


def test_teachers_have_nothing_to_say_of_them():
    problem, strength = mixture(), 0.7
    student, *teachers = (build_network("experts", problem, seed) for seed in range(3))
    plain = build_network("experts", problem, 0)
    tasks = with_adaptors(student, "body", (4,), problem.tasks, problem.trained[2:])
    assert [task.name for task in tasks] == [
        *("a", "b", "balance", "size", "imitation a", "imitation b")
    ]
    population = Population(student, tasks, 2, device=CPU)
    taught = Teachers(teachers, "body", strength=strength, device=CPU)
    losses = TrainingLosses(problem, population, apart=False, teachers=taught)
    population.train()
    (part,) = losses.parts(problem.train.rows(slice(16)), 0)
    found, _ = losses.of(part)
    out = plain(part.inputs)
    assert found.shape == (2, 4)
    beside = torch.stack([out["balance"], out["size"].mean()])
    torch.testing.assert_close(found[0, 2:], beside)
    assert (found[0, 0] - problem.tasks[0].loss(out["a"], part.targets[0]).mean()).item() > 0.01
    # In evaluation, tasks alone are measured, whatever else there is.
    population.train(False)
    of_tasks, _ = population.measure(part.inputs, part.targets)
    torch.testing.assert_close(
        of_tasks[0, 0], problem.tasks[0].loss(out["a"], part.targets[0]).mean()
    )


def test_what_is_retrained_is_trained_on_them_too():
    problem = mixture()
    rows = [[0.3, 0.3, 0.4]]
    settings = {"retrain_epochs": 2, "retrain_lr": 0.01, "share_similarity": 1.0}
    trainer = make_trainer(problem, rows, sparsity=growl_of(problem), **settings)
    reports = []
    while not trainer.finished:
        reports.append(trainer.run_epoch())
    assert trainer.phases.retraining
    assert len(reports) == 5
    assert all(report.auxiliary.shape == (1, 2) for report in reports)
    outcome = trainer.finish()
    assert 0 <= outcome.stationarity.item() <= 1
    plain = make_trainer(mixture({}), rows, sparsity=growl_of(problem), **settings)
    assert outcome.auxiliary[0, 1] < _size_of(solve(plain))


def _size_of(outcome):
    network = Experts()
    network.load_state_dict({name: tensor[0] for name, tensor in outcome.tensors.items()})
    return network.eval()(vectors().train.inputs)["size"].mean()


def test_networks_that_learn_from_each_other():
    rule = TRANSFERS["neighbours"]
    options = {one.name: one.default for one in rule.declared}

    def transfer(solver):
        return rule.make(solver, rule.told(options))

    trainer = make_trainer(mixture(), WEIGHTS, transfer=transfer)
    assert solve(trainer).auxiliary.shape == (3, 2)


@pytest.mark.parametrize("patience", [0, 1])
def test_a_state_goes_on_to_the_same_end(patience):
    def made():
        return make_trainer(mixture(), WEIGHTS, epochs=5, patience=patience, lr=0.5)

    trainer = made()
    before = [trainer.run_epoch() for _ in range(2)]
    buffer = io.BytesIO()
    torch.save(trainer.state_dict(), buffer)
    buffer.seek(0)
    other = made()
    other.load_state_dict(torch.load(buffer, weights_only=True))
    assert len(before) == 2
    while not trainer.finished:
        assert torch.equal(trainer.run_epoch().auxiliary, other.run_epoch().auxiliary)
    one, two = trainer.finish(), other.finish()
    assert torch.equal(one.auxiliary, two.auxiliary)
    assert torch.equal(one.stationarity, two.stationarity)


def test_an_auxiliary_loss_that_breaks_down_is_named():
    class Breaking(Experts):
        def forward(self, inputs):
            found = super().forward(inputs)
            steep = (50 * self.gate.weight).exp().sum()
            return {**found, "balance": torch.where(steep > 0, math.nan, 1.0) * steep}

    problem = dataclasses.replace(mixture(), networks={"experts": Breaking})
    trainer = make_trainer(problem, WEIGHTS[:1])
    report = trainer.run_epoch()
    assert report.failed_epoch.tolist() == [1]
    assert trainer.breakdown.losses.tolist() == [[False, False, True, False]]

"""The tests for parts from outside pass what is right, and fail what is not."""

import dataclasses

import pytest
import torch
from torch import nn

from paretocli import testing
from paretocli.errors import InputError
from paretocli.exporting.formats import FORMATS
from paretocli.networks.registry import NETWORKS, NetworkKind
from paretocli.population.branching import Stage
from paretocli.population.transfer import TRANSFERS, Adaptive, Transfer, TransferRule
from paretocli.solvers.registry import SOLVERS, SolverKind
from paretocli.solvers.weighted_sum import WeightedSum
from tests.formats import format_here
from tests.toys import quadratics, vectors

OF_PROBLEMS = {"chebyshev": {"penalty": 2.0, "averaging": 1}}


@pytest.mark.parametrize("name", [n for n, kind in SOLVERS.own.items() if len(kind.needs) < 2])
def test_the_programs_own_solvers(name):
    testing.check_solver(name, **OF_PROBLEMS.get(name, {}))


@pytest.mark.parametrize("name", TRANSFERS.own)
def test_the_programs_own_rules_of_transfer(name):
    testing.check_transfer(name)


@pytest.mark.parametrize("name", NETWORKS.own)
def test_the_programs_own_networks(name):
    testing.check_network(name)


@pytest.mark.parametrize("name", [name for name, form in FORMATS.own.items() if not form.lossy])
def test_the_programs_own_formats(name):
    format_here(name)
    testing.check_format(name)


def test_a_format_of_fewer_bits():
    with pytest.raises(InputError, match="gives other outputs than the network, and check_format"):
        testing.check_format("onnx-int8")


def test_a_problem():
    testing.check_problem(vectors())


def test_names_that_are_none():
    for check in (testing.check_solver, testing.check_transfer, testing.check_network):
        with pytest.raises(InputError, match=r"There is no .* named 'nobody'"):
            check("nobody")


# Solvers that are wrong


class Mixed(WeightedSum):
    def loss(self, objectives):
        return super().loss(objectives) + super().loss(objectives).mean()


class Flat(WeightedSum):
    def loss(self, objectives):
        return super().loss(objectives).sum()


class Boastful(WeightedSum):
    def coefficients(self):
        return 2 * super().coefficients()


class Forgetful(WeightedSum):
    """Its first steps are longer, and it forgets that it has taken them."""

    steps = 0

    def loss(self, objectives):
        self.steps += 1
        return super().loss(objectives) * (2 if self.steps < 3 else 1)


class Rising(Mixed):
    """Leads away from the front: the sign of a term is wrong."""

    def loss(self, objectives):
        signs = torch.tensor([1.0, 1.0, -0.2])
        return (self.scalarization.weights * signs * objectives).sum(dim=-1)

    def coefficients(self):
        return super().coefficients() * torch.tensor([1.0, 1.0, -0.2])


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (Mixed, "a subproblem should not see another"),
        (Flat, r"loss should give \(4,\), found \(\)"),
        (Boastful, "the gradient of loss should be coefficients"),
        (Forgetful, "go on with the same numbers"),
        (Rising, "coefficients should be at least 0"),
        (lambda s: s, "make should give a Solver"),
    ],
)
def test_a_solver_that_is_wrong(make, sentence):
    with pytest.raises(AssertionError, match=sentence):
        testing.check_solver(SolverKind(lambda scalarization, options: make(scalarization)))


def test_a_solver_that_ends_off_the_front():
    class Away(WeightedSum):
        def loss(self, objectives):
            pulled = objectives + 2 * (objectives - objectives.detach())
            return super().loss(pulled) * 0.0 + 1e-6 * super().loss(objectives)

        def coefficients(self):
            return 1e-6 * super().coefficients()

    with pytest.raises(AssertionError, match="should end at a Pareto-optimal point"):
        testing.check_solver(SolverKind(lambda scalarization, options: Away(scalarization)))


def test_options_of_a_solver():
    with pytest.raises(AssertionError, match="the option penalty should have a default"):
        testing.check_solver("chebyshev")
    with pytest.raises(AssertionError, match="declares no option radius"):
        testing.check_solver("linear", radius=3)


# Others that are wrong


class Constant(Transfer):
    def __init__(self, matrix):
        super().__init__(0.5, 0.7)
        self.constant = matrix

    def matrix(self, progress):
        return self.constant

    def _others(self):
        return self.constant


class Unsaved(Adaptive):
    def state_dict(self):
        return {"mean": None}


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda solver: Constant(torch.full((5, 5), 0.3)), "should sum to 1"),
        (lambda solver: Constant(torch.full((5, 5), 0.2)), "should be the identity when"),
        (lambda solver: Constant(torch.eye(4)), "should be 5 × 5"),
        (lambda solver: Constant(2 * torch.eye(5) - 0.2), "nowhere negative"),
        (lambda solver: Unsaved(solver.value, strength=0.5, until=0.7), "give the same matrix"),
    ],
)
def test_a_rule_of_transfer_that_is_wrong(make, sentence):
    with pytest.raises(AssertionError, match=sentence):
        testing.check_transfer(TransferRule(make=lambda solver, options: make(solver)))


@pytest.mark.parametrize(
    ("groups", "sentence"),
    [
        ([(0, 0, 0, 0)], "hold every subproblem"),
        ([(0, 0, 1, 1, 1), (0, 1, 1, 2, 3)], "should not come together again"),
        ([(0, 0, 0, 0, 0), (0, 0, 1, 2, 3)], "a network of its own"),
    ],
)
def test_stages_that_are_wrong(groups, sentence):
    stages = [Stage(epoch, group) for epoch, group in enumerate(groups)]
    with pytest.raises(AssertionError, match=sentence):
        testing.check_transfer(TransferRule(stages=lambda weights, options, epochs: stages))


class Net(nn.Module):
    def __init__(self, outputs, change):
        super().__init__()
        self.heads = nn.ModuleList([nn.LazyLinear(count) for count in outputs])
        self.spare = nn.Linear(2, 2) if change == "spare" else None
        self.change = change

    def forward(self, inputs):
        flat = inputs.flatten(1)
        if self.change == "batch":
            flat = flat - flat.mean(dim=0)
        outputs = tuple(head(flat) for head in self.heads)
        return outputs[:1] if self.change == "one" else outputs


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("one", "a tuple of 2 outputs"),
        ("batch", "a sample should not see others"),
        ("spare", "not so spare.weight, spare.bias"),
    ],
)
def test_a_network_that_is_wrong(change, sentence):
    with pytest.raises(AssertionError, match=sentence):
        testing.check_network(NetworkKind(lambda shape, outputs: Net(outputs, change)))
    testing.check_network(NetworkKind(lambda shape, outputs: Net(outputs, "")))


def test_a_format_that_is_wrong():
    program = FORMATS["program"]
    for form, sentence in (
        (dataclasses.replace(program, files=("network.bin",)), "should write network.bin"),
        (dataclasses.replace(program, files=()), r"name all files .* network\.pt2"),
        (dataclasses.replace(program, read=lambda folder: lambda x: (x, x)), "those of the netw"),
        (dataclasses.replace(program, read=lambda folder: lambda x: (x,)), "give all outputs"),
        (dataclasses.replace(program, timed=lambda folder, threads: 0), "should name its engine"),
    ):
        with pytest.raises(AssertionError, match=sentence):
            testing.check_format(form)


def test_a_problem_that_is_wrong():
    def loss(output, target):
        return output.mean() * torch.nan

    problem = quadratics([[0.0], [1.0]], [0.5])
    tasks = [dataclasses.replace(task, loss=loss) for task in problem.tasks]
    with pytest.raises(AssertionError, match="f1"):
        testing.check_problem(dataclasses.replace(problem, tasks=tasks))

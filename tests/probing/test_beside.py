"""What a network returns beside its tasks' outputs: sentences about auxiliary losses and others."""

import math

import pytest
import torch
from torch import nn

from paretocli.core.problem import Problem, Samples, Task
from paretocli.errors import InputError
from paretocli.examination.examine import examine
from paretocli.probing.reach import reached_by, refuse_unreaching
from paretocli.probing.rehearsal import rehearse

CPU = torch.device("cpu")


def squared(output, target):
    return (output - target) ** 2


class Network(nn.Module):
    def __init__(self, forms):
        super().__init__()
        self.heads = nn.Linear(3, 2)
        self.gate = nn.Linear(3, 2)
        self.forms = forms

    def forward(self, inputs):
        a, b = self.heads(inputs).unbind(dim=1)
        gate = self.gate(inputs).softmax(dim=1)
        found = {"a": a, "b": b, "balance": gate.mean(dim=0).square().sum()}
        return self.forms(found, self)


def problem_of(forms=lambda found, network: found, auxiliary=("balance",)):
    inputs = torch.randn(40, 3, generator=torch.Generator().manual_seed(0))
    data = Samples(inputs, (inputs.sum(dim=1), inputs[:, 0]))
    return Problem(
        name="p",
        tasks=[Task("a", squared), Task("b", squared)],
        train=data,
        val=data,
        test=data,
        networks={"own": lambda: Network(forms)},
        auxiliary=dict.fromkeys(auxiliary, 0.1),
    )


def without(name):
    return lambda found, _: {key: value for key, value in found.items() if key != name}


def with_balance(change):
    return lambda found, network: {**found, "balance": change(found["balance"], network)}


@pytest.mark.parametrize(
    ("forms", "words"),
    [
        (without("balance"), r"returned a, b without the auxiliary loss balance; let its forward"),
        (lambda found, _: (found["a"], found["b"]), "returned tuple, in which no auxiliary loss"),
        (with_balance(lambda value, _: 3.0), "returned float as the auxiliary loss balance where"),
        (with_balance(lambda value, _: value + 1j), "returned torch.complex64 as the auxiliary"),
        (
            with_balance(lambda value, _: value.expand(2, 3)),
            r"shape \(2, 3\) as the auxiliary loss balance for 2 samples; .* \(\), or .* \(2,\)",
        ),
        (
            with_balance(lambda value, _: value * math.nan),
            "loss balance .* is nan before",
        ),
        (
            lambda found, network: without("balance")(found, None) if network.training else found,
            "in training mode",
        ),
    ],
)
def test_what_does_not_fit_is_refused(forms, words):
    problem = problem_of(forms)
    with pytest.raises(InputError, match=words):
        rehearse(problem, problem.networks["own"](), CPU, batch_size=8)


def test_one_number_or_one_a_sample():
    for forms, reached in (
        (lambda found, _: found, {"gate.weight": ("balance",), "heads.weight": ("a", "b")}),
        (
            lambda found, _: {**found, "balance": found["a"] ** 2},
            {"heads.weight": ("a", "b", "balance")},
        ),
    ):
        problem = problem_of(forms)
        network = problem.networks["own"]()
        rehearse(problem, network, CPU, batch_size=8)
        assert reached.items() <= reached_by(problem, network, 8).items()


def test_a_parameter_that_it_alone_reaches_is_trained(no_export_trial):
    found = examine(problem_of(), CPU)
    assert found.failures == []
    assert found.reached == {("a", "b"): 8, ("balance",): 8}
    assert found.auxiliary == {"balance": pytest.approx(0.5, abs=0.2)}
    assert not any("also returns" in note for note in found.notes)


def test_one_without_a_gradient_is_refused():
    problem = problem_of(with_balance(lambda value, _: value.detach()))
    words = "The auxiliary loss balance reaches no parameter; compute it in forward"
    with pytest.raises(InputError, match=words):
        refuse_unreaching(problem, problem.networks["own"](), 8)


def test_check_says_what_is_left_alone(no_export_trial):
    def returned(found, _):
        return {**found, "gate": found["a"]}

    notes = examine(problem_of(returned), CPU).notes
    (note,) = (note for note in notes if "also returns" in note)
    assert note.startswith("The network also returns gate, which is neither a task")
    notes = examine(problem_of(returned, ()), CPU).notes
    (note,) = (note for note in notes if "also returns" in note)
    assert "balance, gate, which are neither" in note

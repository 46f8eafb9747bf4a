"""An optimiser from a hook: of all networks at once, or one each; no network learns of another."""

import copy
import io
from functools import partial

import pytest
import torch
from torch.optim import LBFGS, Adafactor, Adam, Muon, Optimizer, Rprop, SparseAdam

from paretocli.population.branching import branched
from paretocli.population.in_turn import InTurn, one_of
from paretocli.population.recipe import ELEMENTWISE, recipe_of

SHAPES = {"a": (4, 3), "b": (3, 5)}


class Drawing(torch.optim.SGD):
    """Gradient descent with noise, as Langevin's."""

    def step(self):
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.grad += torch.randn_like(parameter)
        super().step()


OTHERS = [Adafactor, Muon, Drawing]


def start(members):
    generator = torch.Generator().manual_seed(3)
    return {
        name: torch.randn(3, *shape, generator=generator)[members].clone().requires_grad_()
        for name, shape in SHAPES.items()
    }


def stepper(hook, parameters, factors=None, undecayed=()):
    first = one_of(parameters, 0)
    recipe = recipe_of(hook, first, lr=0.1, weight_decay=0.01)
    groups = recipe.grouped(parameters, recipe.factors(factors or {}), undecayed)
    if recipe.stackable:
        return recipe.stacked(parameters, groups)
    return InTurn(partial(recipe.alone, groups=groups), parameters)


def descend(optimizer, parameters, members, steps, *, of_second=1.0):
    """Steps whose gradients are those of `members` of three; the second one's is multiplied."""
    for number in steps:
        generator = torch.Generator().manual_seed(number)
        optimizer.zero_grad()
        for parameter in parameters.values():
            drawn = torch.randn(3, *parameter.shape[1:], generator=generator)
            drawn[1] *= of_second
            parameter.grad = drawn[members]
        torch.manual_seed(number)
        optimizer.step()
    return {name: parameter.detach().clone() for name, parameter in parameters.items()}


@pytest.mark.parametrize("hook", [*sorted(ELEMENTWISE, key=lambda one: one.__name__), *OTHERS])
@pytest.mark.parametrize("of_second", [1.0, 1e6, torch.nan])
def test_a_network_goes_the_same_way_alone_and_with_others(hook, of_second):
    parameters = start([0, 1, 2])
    optimizer = stepper(hook, parameters)
    together = descend(optimizer, parameters, [0, 1, 2], range(4), of_second=of_second)
    for member in (0, 2):
        own = start([member])
        alone = descend(stepper(hook, own), own, [member], range(4))
        for name in SHAPES:
            # Kernels for many numbers at once may round the last digit otherwise.
            torch.testing.assert_close(together[name][member], alone[name][0], rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("hook", [Adafactor, Muon])
def test_those_that_are_taken_one_by_one_would_mix_networks(hook):
    """Or they could be stacked: two stacked networks, of which the second's gradient changes."""
    found = []
    for factor in (1.0, 100.0):
        rows = start([0, 1])["a"].detach().reshape(8, 3).requires_grad_()
        optimizer = hook([rows], lr=0.1)
        rows.grad = torch.randn(8, 3, generator=torch.Generator().manual_seed(0))
        rows.grad[4:] *= factor
        optimizer.step()
        found.append(rows.detach()[:4])
    assert not torch.allclose(*found)


def test_classes_of_torch_are_all_known():
    """A new one has to be looked at before it is stacked."""
    found = {
        one
        for one in vars(torch.optim).values()
        if isinstance(one, type) and issubclass(one, Optimizer) and one is not Optimizer
    }
    assert found == ELEMENTWISE | {Adafactor, Muon, LBFGS, Rprop, SparseAdam}


def test_a_derived_class_may_do_anything():
    class Derived(Adam):
        pass

    assert isinstance(stepper(Derived, start([0, 1])), InTurn)
    assert type(stepper(partial(Adam, eps=1e-3), start([0, 1]))) is Adam


@pytest.mark.parametrize("hook", [Adam, Adafactor])
def test_groups_of_the_hook_and_of_options_multiply(hook):
    """b learns at a third of the rate by the hook, and at half of that by an option."""

    def of_own(named, lr, weight_decay):
        own = dict(named)
        groups = [{"params": [own["a"]]}, {"params": [own["b"]], "lr": lr / 3}]
        return hook(groups, lr=lr, weight_decay=weight_decay)

    optimizer = stepper(of_own, start([0, 1]), {"b": 0.5, "a": 2.0}, undecayed=["a"])
    found = {
        tuple(p.shape[-2:]): (group["lr"], group["weight_decay"])
        for group in optimizer.param_groups
        for p in group["params"]
    }
    assert found[SHAPES["a"]] == (0.2, 0.0)
    assert found[SHAPES["b"]] == pytest.approx((0.1 / 6, 0.01))


def saved_and_loaded(state):
    buffer = io.BytesIO()
    torch.save(state, buffer)
    buffer.seek(0)
    return torch.load(buffer, weights_only=True)


@pytest.mark.parametrize("hook", OTHERS)
def test_four_steps_at_once_and_in_two_halves(hook):
    straight = start([0, 1, 2])
    optimizer = stepper(hook, straight)
    descend(optimizer, straight, [0, 1, 2], range(2))
    state = saved_and_loaded(optimizer.state_dict())
    resumed = {name: p.detach().clone().requires_grad_() for name, p in straight.items()}
    other = stepper(hook, resumed)
    other.load_state_dict(state)
    expected = descend(optimizer, straight, [0, 1, 2], range(2, 4))
    found = descend(other, resumed, [0, 1, 2], range(2, 4))
    for name, tensor in expected.items():
        assert torch.equal(found[name], tensor)


def test_branches_do_not_share_what_they_keep():
    origin = start([0, 1])
    optimizer = stepper(Adafactor, origin)
    descend(optimizer, origin, [0, 1], range(2))
    state = branched(optimizer.state_dict(), torch.tensor([1, 1, 0]))
    own = {n: p.detach()[[1, 1, 0]].clone().requires_grad_() for n, p in origin.items()}
    branches = stepper(Adafactor, own)
    branches.load_state_dict(state)
    found = descend(branches, own, [1, 1, 0], range(2, 4))
    expected = descend(optimizer, origin, [0, 1], range(2, 4))
    for name, tensor in expected.items():
        assert torch.equal(found[name], tensor[[1, 1, 0]])


def test_a_state_of_other_parameters_is_refused():
    parameters = start([0, 1])
    optimizer = stepper(Adafactor, parameters)
    descend(optimizer, parameters, [0, 1], range(1))
    state = copy.deepcopy(optimizer.state_dict())
    state["each_network"][1]["state"][0]["row_var"] = torch.zeros(5, 1)
    with pytest.raises(ValueError, match="not of these parameters"):
        optimizer.load_state_dict(state)
    with pytest.raises(ValueError, match="shorter"):
        optimizer.load_state_dict({"each_network": state["each_network"][:1]})

"""Mixtures of networks, and the gradient of what is mixed."""

import pytest
import torch
from torch import nn
from torch.func import functional_call

from paretocli.population.copies import Copies
from paretocli.population.ends import drawn_shares, gradient_of_ends_, mix_into_
from tests.toys import CPU, Noisy


def apart(size, network=None, seed=0):
    """Copies that differ."""
    found = Copies(network or nn.Linear(3, 2), size, device=CPU)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for tensor in found.parameters.values():
            tensor.add_(torch.randn(tensor.shape, generator=generator))
    return found


def test_a_corner_is_an_end_and_the_middle_their_mean():
    ends, mixed = apart(3, Noisy()), Copies(Noisy(), 4, device=CPU)
    before = {name: tensor.clone() for name, tensor in mixed.buffers.items()}
    mix_into_(mixed, ends, torch.cat([torch.eye(3), torch.full((1, 3), 1 / 3)]))
    for name, tensor in mixed.parameters.items():
        assert torch.equal(tensor[:3], ends.parameters[name])
        torch.testing.assert_close(tensor[3], ends.parameters[name].mean(dim=0))
        assert tensor.is_leaf
    for name, tensor in mixed.buffers.items():
        assert torch.equal(tensor, before[name])


@pytest.mark.parametrize("count", [1, 2, 5])
def test_the_gradient_is_that_through_the_mixtures(count):
    network = nn.Linear(3, 2)
    ends, mixed = apart(3, network), Copies(network, count, device=CPU)
    shares = drawn_shares(count, 3, torch.Generator().manual_seed(1))
    inputs, factors = torch.randn(7, 3), torch.rand(count)

    def loss(tensors, place):
        return factors[place] * functional_call(network, tensors, (inputs,)).pow(3).mean()

    leaves = {n: t.detach().clone().requires_grad_() for n, t in ends.parameters.items()}
    through = {n: torch.einsum("sm,m...->s...", shares, t) for n, t in leaves.items()}
    sum(loss({n: t[s] for n, t in through.items()}, s) for s in range(count)).backward()

    mix_into_(mixed, ends, shares)
    sum(loss({n: t[s] for n, t in mixed.parameters.items()}, s) for s in range(count)).backward()
    gradient_of_ends_(ends, mixed, shares)
    for name, leaf in leaves.items():
        torch.testing.assert_close(ends.parameters[name].grad, 3 / count * leaf.grad)


def test_what_is_frozen_has_no_gradient():
    ends, mixed = apart(2), apart(3)
    ends.parameters["bias"].grad = torch.ones(2, 2)
    mixed.parameters["weight"].grad = torch.ones(3, 2, 3)
    gradient_of_ends_(ends, mixed, torch.full((3, 2), 0.5))
    assert ends.parameters["bias"].grad is None
    assert torch.equal(ends.parameters["weight"].grad, torch.ones(2, 2, 3))


@pytest.mark.parametrize("ends", [2, 3, 5])
def test_shares_are_even_over_the_simplex(ends):
    drawn = drawn_shares(20_000, ends, torch.Generator().manual_seed(3))
    assert (drawn > 0).all()
    torch.testing.assert_close(drawn.sum(dim=1), torch.ones(20_000))
    # Each share is Beta(1, m − 1).
    for level in (0.1, 0.3, 0.7):
        above = (drawn > level).double().mean(dim=0)
        assert (above - (1 - level) ** (ends - 1)).abs().max() < 0.02


def test_a_draw_comes_with_its_rotations():
    drawn = drawn_shares(7, 3, torch.Generator().manual_seed(4))
    torch.testing.assert_close(drawn[:3].sum(dim=0), torch.ones(3))
    torch.testing.assert_close(drawn[3:6].sum(dim=0), torch.ones(3))
    assert torch.equal(drawn[1], drawn[0].roll(1))
    assert not torch.equal(drawn[0], drawn[3])


def test_the_same_seed_draws_the_same():
    one, other = (drawn_shares(4, 3, torch.Generator().manual_seed(5)) for _ in range(2))
    assert torch.equal(one, other)

"""Mixtures of networks, and the gradient of what is mixed."""

import pytest
import torch
from torch import nn
from torch.func import functional_call

from paretocli.population.copies import Copies
from paretocli.population.ends import LowRankEnds, WholeEnds, drawn_shares, for_factors
from tests.toys import CPU, Noisy

KINDS = {
    "whole": lambda network: WholeEnds(network, 3, device=CPU),
    "low rank": lambda network: LowRankEnds(network, 3, 2, device=CPU, seed=0),
}


def apart(kind, network):
    """Ends that differ."""
    found = KINDS[kind](network)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for tensor in found.copies.parameters.values():
            tensor.add_(torch.randn(tensor.shape, generator=generator))
    return found


def mixed(ends, network, shares):
    found = Copies(network, len(shares), device=CPU)
    ends.mix_into_(found, shares)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_a_mixture_is_the_sum_of_the_corners_by_its_shares(kind):
    network = Noisy()
    ends = apart(kind, network)
    corners = mixed(ends, network, torch.eye(3)).parameters
    shares = drawn_shares(4, 3, torch.Generator().manual_seed(1))
    mixtures = mixed(ends, network, shares)
    for name, tensor in mixtures.parameters.items():
        wanted = torch.einsum("sm,m...->s...", shares, corners[name])
        torch.testing.assert_close(tensor, wanted, rtol=1e-4, atol=1e-5)
        assert tensor.is_leaf
    fresh = Copies(network, 4, device=CPU)
    for name, tensor in mixtures.buffers.items():
        assert torch.equal(tensor, fresh.buffers[name])


@pytest.mark.parametrize("kind", KINDS)
def test_all_mixtures_begin_as_the_network(kind):
    network = Noisy()
    start = mixed(KINDS[kind](network), network, torch.tensor([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]]))
    for name, parameter in network.named_parameters():
        torch.testing.assert_close(start.parameters[name], torch.stack([parameter] * 2))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [1, 2, 5])
def test_the_gradient_is_that_through_the_mixtures(kind, count):
    network = nn.Conv2d(3, 4, 2)
    ends = apart(kind, network)
    shares = drawn_shares(count, 3, torch.Generator().manual_seed(1))
    inputs, factors = torch.randn(7, 3, 4, 4), torch.rand(count)

    def loss(tensors):
        parts = [
            functional_call(network, {n: t[s] for n, t in tensors.items()}, (inputs,))
            for s in range(count)
        ]
        return sum(f * part.pow(3).mean() for f, part in zip(factors, parts, strict=True))

    leaves = {n: t.detach().clone().requires_grad_() for n, t in ends.copies.parameters.items()}
    if kind == "whole":
        through = {n: torch.einsum("sm,m...->s...", shares, t) for n, t in leaves.items()}
    else:
        differ = leaves["weight@up"][0] @ leaves["weight@down"][0]
        added = torch.einsum("sm,mok->sok", shares, differ).reshape(count, 4, 3, 2, 2)
        through = {"weight": leaves["weight"] + added, "bias": leaves["bias"].expand(count, 4)}
    loss(through).backward()

    mixtures = mixed(ends, network, shares)
    loss(mixtures.parameters).backward()
    ends.take_gradient_(mixtures, shares)
    for name, leaf in leaves.items():
        common = kind == "low rank" and "@" not in name
        wanted = leaf.grad / count if common else 3 / count * leaf.grad
        torch.testing.assert_close(ends.copies.parameters[name].grad, wanted)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_frozen_has_no_gradient(kind):
    network = nn.Linear(3, 2)
    ends, mixtures = KINDS[kind](network), Copies(network, 3, device=CPU)
    for tensor in ends.copies.parameters.values():
        tensor.grad = torch.ones_like(tensor)
    mixtures.parameters["bias"].grad = torch.ones(3, 2)
    ends.take_gradient_(mixtures, torch.full((3, 3), 1 / 3))
    for name, tensor in ends.copies.parameters.items():
        assert (tensor.grad is None) == (name != "bias")
    torch.testing.assert_close(ends.copies.parameters["bias"].grad[0], torch.ones(2))


def test_how_few_parameters_a_low_rank_has():
    network = nn.Sequential(nn.Linear(100, 50), nn.Linear(50, 1))
    ends = LowRankEnds(network, 2, 3, device=CPU, seed=0)
    found = sum(tensor.numel() for tensor in ends.copies.parameters.values())
    assert found == 100 * 50 + 50 + 50 + 1 + 2 * (3 * 150 + 1 * 51)


def test_factors_are_as_their_matrices():
    ends = LowRankEnds(nn.Linear(3, 2), 2, 1, device=CPU, seed=0)
    found = for_factors({"weight": 0.1, "others": 3.0}, ends)
    assert found == {"weight": 0.1, "weight@down": 0.1, "weight@up": 0.1}


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

"""The second device itself: what it refuses, what it counts, and that it computes as the CPU."""

import copy

import pytest
import torch
from torch import nn
from torch.func import functional_call, vmap

from tests.second_device import DEVICE, NAME, Elsewhere, Waits

NUMBERS = torch.arange(6.0).reshape(2, 3)


@pytest.mark.parametrize(
    "mix",
    [
        lambda there: there + NUMBERS,
        lambda there: NUMBERS * there,
        lambda there: torch.where(NUMBERS > 0, there, 0.0),
        lambda there: torch.cat([there, NUMBERS]),
        lambda there: torch.stack([there.sum(), torch.zeros(())]),
        lambda there: there.add_(NUMBERS),
        lambda there: torch.nn.functional.linear(there, NUMBERS),
        lambda there: NUMBERS[there.long().flatten() % 2],
        lambda there: there.index_put_((torch.tensor([0]),), NUMBERS[:1]),
        lambda there: there.gather(1, torch.zeros(2, 1, dtype=torch.int64)),
        lambda there: there.masked_fill(NUMBERS > 1, 0.0),
        lambda there: torch.rand_like(there).bernoulli_(generator=torch.Generator()),
    ],
)
def test_tensors_of_two_devices_do_not_go_together(mix):
    with pytest.raises(RuntimeError, match=f"is on cpu with what is on {NAME}"):
        mix(NUMBERS.to(DEVICE))


def test_what_a_gpu_takes_it_takes():
    there = NUMBERS.to(DEVICE)
    assert (there + torch.tensor(1.0)).tolist() == (NUMBERS + 1).tolist()
    assert there[torch.tensor([1])].tolist() == NUMBERS[1:].tolist()
    there[torch.tensor([True, False])] = 0.0
    assert there.cpu().copy_(there).tolist() == [[0.0] * 3, [3.0, 4.0, 5.0]]
    assert {type(one) for one in (there.t(), there.clone(), torch.zeros(2, device=DEVICE))} == {
        Elsewhere
    }


def test_there_is_no_double_precision():
    with pytest.raises(TypeError, match=r"no numbers of type torch\.float64"):
        NUMBERS.to(DEVICE).double()
    with pytest.raises(TypeError, match=r"no numbers of type torch\.float64"):
        torch.zeros(2, dtype=torch.float64, device=DEVICE)


def test_random_numbers_are_its_own():
    torch.manual_seed(3)
    drawn = [torch.randn(4, device=DEVICE).tolist() for _ in range(2)]
    here = torch.randn(4)
    torch.manual_seed(3)
    assert torch.equal(torch.randn(4), here)
    assert [torch.randn(4, device=DEVICE).tolist() for _ in range(2)] == drawn
    assert here.tolist() not in drawn


def step(network, inputs):
    """Two copies of a network after a step of Adam, stacked by `vmap`; what they gave before."""
    stacks = [
        {name: t.detach().expand(2, *t.shape).clone() for name, t in named}
        for named in (network.named_parameters(), network.named_buffers())
    ]
    for parameter in stacks[0].values():
        parameter.requires_grad_()
    call = vmap(lambda *state: functional_call(network, state, (inputs,)), randomness="same")
    outputs = call(*stacks)
    outputs.square().sum().backward()
    torch.optim.Adam(stacks[0].values(), foreach=False).step()
    return [t.detach().cpu() for t in (outputs, *stacks[0].values(), *stacks[1].values())]


def test_a_stacked_step_is_that_of_the_cpu():
    network = nn.Sequential(
        nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(64, 3)
    )
    images = torch.randn(5, 2, 6, 6, generator=torch.Generator().manual_seed(0))
    here = step(copy.deepcopy(network), images)
    there = step(network.to(DEVICE), images.to(DEVICE))
    torch.testing.assert_close(there, here)


class Asking(torch.autograd.Function):
    """Its backward pass looks at a number."""

    @staticmethod
    def forward(context, given):
        return given.clone()

    @staticmethod
    def backward(context, gradient):
        return gradient * float(gradient.sum())


@pytest.mark.parametrize(
    ("asks", "found"),
    [
        (lambda there: there.sum().item(), "_local_scalar_dense"),
        (lambda there: bool((there > 0).any()), "_local_scalar_dense"),
        (lambda there: there.nonzero(), "nonzero"),
        (lambda there: there[there > 0], "index by a mask"),
        (lambda there: there.cpu(), "to the host"),
        (lambda there: torch.empty(2, 3).copy_(there), "to the host"),
        (lambda there: there.tolist(), "to the host"),
        (lambda there: NUMBERS.to(DEVICE), "from the host"),
        (lambda there: there.copy_(NUMBERS), "from the host"),
        (lambda there: torch.equal(there, there), "equal"),
        (
            lambda there: Asking.apply(there.clone().requires_grad_()).sum().backward(),
            "_local_scalar_dense",
        ),
    ],
)
def test_what_waits_is_counted(asks, found):
    there = NUMBERS.to(DEVICE)
    with Waits() as waits:
        asks(there)
    assert waits.found == {found: 1}


def test_what_does_not_wait_is_not():
    there = NUMBERS.to(DEVICE)
    with Waits() as waits:
        torch.where(there > 0, there @ there.t()[:, :1], 0.0).sum().mul_(2)
        NUMBERS[NUMBERS > 0].sum().item()
    assert not waits.found

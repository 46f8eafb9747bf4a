"""Tests of a network that fits any inputs of one tensor."""

import torch

from paretocli.networks.registry import NETWORKS, NetworkKind
from paretocli.registries import lookup
from paretocli.testing.expect import expect

SHAPES = ((6,), (1, 16, 16), (3, 20, 24))
OUTPUTS = (3, 1)
BATCH = 5


def check_network(network: str | NetworkKind, shapes: tuple[tuple[int, ...], ...] = SHAPES) -> None:
    """Test that a network gives an output a task, for inputs of several shapes.

    What one sample gives does not depend on the others of its batch in evaluation, every parameter
    that is trained gets a gradient, and a state that is saved and loaded gives the same outputs.

    Args:
        network: Its kind, or its name where it is installed.
        shapes: Of one input, those that it is for.

    Raises:
        AssertionError: It does not.
        InputError: There is no such network.
    """
    kind = lookup(NETWORKS, network, "network") if isinstance(network, str) else network
    for shape in shapes:
        _check(kind, shape)


def _check(kind: NetworkKind, shape: tuple[int, ...]) -> None:
    made, other = kind.make(shape, OUTPUTS), kind.make(shape, OUTPUTS)
    inputs = torch.randn(BATCH, *shape, generator=torch.Generator().manual_seed(0))
    outputs = made(inputs)
    shown = f"for inputs of {shape}"
    expect(
        isinstance(outputs, tuple | list) and len(outputs) == len(OUTPUTS),
        f"it should give a tuple of {len(OUTPUTS)} outputs {shown}",
    )
    for output, count in zip(outputs, OUTPUTS, strict=True):
        expect(
            output.shape == (BATCH, count),
            f"an output should be ({BATCH}, {count}) {shown}, found {tuple(output.shape)}",
        )
    sum(output.square().sum() for output in outputs).backward()
    idle = [n for n, p in made.named_parameters() if p.requires_grad and p.grad is None]
    expect(not idle, f"every trained parameter should be used {shown}, not so {', '.join(idle)}")
    made.eval()
    other.load_state_dict(made.state_dict())
    other.eval()
    with torch.no_grad():
        whole, again, alone = made(inputs), other(inputs), made(inputs[:1])
    for place, output in enumerate(whole):
        expect(torch.equal(output, again[place]), f"a loaded state should give the same {shown}")
        expect(
            torch.allclose(output[:1], alone[place], rtol=1e-3, atol=1e-5),
            f"in evaluation a sample should not see others of its batch {shown}",
        )

"""Layer-sequential unit-variance initialisation."""

import math
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from paretocli.core import accelerators
from paretocli.core.generators import generators_kept
from paretocli.core.inputs import Inputs, arguments_of, tensors_of
from paretocli.errors import InputError

Layer = nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d

TOLERANCE = 0.01
ATTEMPTS = 10
LEAST_VARIATION = 1e-6  # of a layer's outputs, relative to the largest of them; less is rounding


def lsuv(network: nn.Module, inputs: Inputs, *, seed: int) -> None:
    """Give a network weights, in place, that keep the signal at unit variance in every layer.

    Linear layers and convolutions start with orthonormal weights, as matrices (out, in · kernel),
    and zero biases. Then, in the order in which the forward pass reaches the layers,

        W ← W / (standard deviation of the layer's outputs)

    until that is 1 within 0.01, at most 10 times. It is taken over all the numbers that the layer
    gives for the batch. What these layers held before is lost, pretrained weights too; parameters
    of other layers stay.

    The forward pass is that of training: dropout is on, and batch norm takes the batch's own
    statistics, because this is the signal that the layers behind them learn from, and running
    statistics know nothing of the data yet. The network's buffers and modes are left as they were.

    Mishkin and Matas, *All you need is a good init*, ICLR 2016.

    Args:
        network: The network. A layer that the forward pass does not reach keeps its orthonormal
            start; of a weight that it reaches more than once, the first time counts.
        inputs: A batch (B, …) as the network gets it in training, one tensor or several, on the
            network's device; some hundred samples.
        seed: Seed of the orthonormal weights and of dropout. Torch's own generators are left alone.

    Raises:
        InputError: A layer's outputs do not vary, are not finite or do not follow its weight. The
            network's weights are of no use then.
    """
    layers = {name or "itself": m for name, m in network.named_modules() if isinstance(m, Layer)}
    buffers = {name: buffer.clone() for name, buffer in network.named_buffers()}
    device = next(iter(tensors_of(inputs).values())).device
    scaled: set[int] = set()
    with ExitStack() as stack:
        stack.enter_context(torch.no_grad())
        stack.enter_context(_own_draws(seed, device))
        stack.enter_context(_training_mode(network))
        for name, layer in layers.items():
            _start(name, layer)
            hook = partial(_scale, name, scaled)
            # Before hooks of the network's own, so that these get what the scaled layer gives.
            stack.enter_context(layer.register_forward_hook(hook, prepend=True, with_kwargs=True))
        # One pass is enough: a layer's hook scales it before the next layer sees anything.
        functional_call(network, buffers, *arguments_of(inputs))


@contextmanager
def _own_draws(seed: int, device: torch.device) -> Iterator[None]:
    """Random numbers from `seed` on the CPU and the device, and the old generators afterwards."""
    with generators_kept(device):
        # torch.manual_seed would seed all GPUs there are, and leave the others so.
        torch.default_generator.manual_seed(seed)
        accelerators.seed(device, seed)
        yield


@contextmanager
def _training_mode(network: nn.Module) -> Iterator[None]:
    modes = {module: module.training for module in network.modules()}
    network.train()
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode


def _start(name: str, layer: Layer) -> None:
    if not isinstance(layer.weight, nn.Parameter):
        raise InputError(
            f"The weight of layer {name} is computed from other parameters, but LSUV needs weights "
            "that it can scale; remove the parametrisation, or choose another initialisation."
        )
    # Drawn on the CPU: the same for every device.
    layer.weight.copy_(nn.init.orthogonal_(torch.empty(layer.weight.shape)))
    if layer.bias is not None:
        layer.bias.zero_()


def _scale(
    name: str,
    scaled: set[int],
    layer: Layer,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    outputs: Tensor,
) -> Tensor:
    """A forward hook: scales the layer's weight, and passes on what the layer gives then."""
    if id(layer.weight) in scaled:
        return outputs
    scaled.add(id(layer.weight))
    for _ in range(ATTEMPTS):
        deviation = _deviation(name, outputs)
        if abs(deviation - 1) <= TOLERANCE:
            return outputs
        layer.weight.div_(deviation)
        outputs = layer.forward(*args, **kwargs)
    raise InputError(
        f"The outputs of layer {name} do not get standard deviation 1, but {deviation:.3g} when "
        "the layer's weight is divided by it; LSUV needs layers that are linear in their weight: "
        "choose another initialisation."
    )


def _deviation(name: str, outputs: Tensor) -> float:
    """The standard deviation of a layer's outputs; an error where it cannot be scaled to 1."""
    numbers = outputs.float()
    deviation = (numbers - numbers.mean()).square().mean().sqrt().item()
    if math.isfinite(deviation) and deviation > LEAST_VARIATION * numbers.abs().max().item():
        return deviation
    raise InputError(
        f"The outputs {tuple(outputs.shape)} of layer {name} have standard deviation "
        f"{deviation:.3g}, but LSUV needs outputs that are finite and vary; give it inputs that "
        "do, or choose another initialisation."
    )

"""The size and the direction of the counted layers' steps, by the class of the optimiser.

Each rule has one preconditioner a block of each network, a number, in place of one an entry.

A shorter memory of the gradient's size than Adam's own 0.999 is used, whatever the optimiser is
told: where the multiplier moves from the tasks to f_0, the tasks' large gradients of a thousand
steps ago would keep the steps small. One number stands for a whole layer, so it is not noisy even
so.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.optim import SGD, Adafactor, Adam, AdamW, NAdam, Optimizer, RAdam

from paretocli.errors import InputError

LONGEST = 0.99  # the longest memory of the gradient's size
RADAM_SHORTEST = 5.0

Settings = Mapping[str, Any]
State = dict[str, Any]


@dataclass(frozen=True)
class Gradient:
    """What a block's step goes by.

    Attributes:
        smooth: The gradient (K, …) of all that is smooth.
        full: The same with GrOWL's part.
        weights: The block (K, …).
    """

    smooth: Tensor
    full: Tensor
    weights: Tensor


# From gradients, what is kept, and the optimiser's settings to the size of the step (K,) and its
# direction (K, …).
Rule = Callable[[Gradient, State, Settings], tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Preconditioner:
    """A rule, and what it keeps from step to step.

    Attributes:
        step: The rule.
        whole: The names of what has the shape of the block.
        each: The names of what is a number for each network.
        single: The names of what is one number, in double precision.
    """

    step: Rule
    whole: Sequence[str] = ()
    each: Sequence[str] = ()
    single: Sequence[str] = ()


def preconditioner_of(kind: type[Optimizer]) -> Preconditioner:
    """The rule of a class of optimisers.

    Raises:
        InputError: None is known.
    """
    if kind not in PRECONDITIONERS:
        known = [one.__name__ for one in PRECONDITIONERS]
        raise InputError(
            f"With sparsity the optimizer should be one whose proximal step is known "
            f"({', '.join(known[:-1])} or {known[-1]} of torch), found {kind.__name__}; choose one "
            "of them, or go without sparsity (--no-sparsity)."
        )
    return PRECONDITIONERS[kind]


def is_decoupled(kind: type[Optimizer], settings: Settings) -> bool:
    """Whether weight decay shortens the weights itself, instead of adding to the gradient."""
    return kind in (AdamW, Adafactor) or bool(settings.get("decoupled_weight_decay"))


def _square(gradient: Gradient, state: State, memory: float) -> Tensor:
    """Take a gradient's mean square into its running mean (K,)."""
    if "square" not in state:
        state["square"] = gradient.full.new_zeros(len(gradient.full))
    # The size of the full gradient, GrOWL's part included: where the tasks' vanishes, that of the
    # smooth part alone would make the proximal step huge.
    mean = gradient.full.square().flatten(1).mean(dim=1)
    square: Tensor = state["square"].lerp_(mean, 1 - memory)
    return square


def _moments(gradient: Gradient, state: State, settings: Settings) -> tuple[float, float, float]:
    """Take gradients into the running means that Adam and its kin have; their β and the step."""
    first, second = settings["betas"][0], min(settings["betas"][1], LONGEST)
    if "mean" not in state:
        state["mean"] = torch.zeros_like(gradient.smooth)
    state["mean"].lerp_(gradient.smooth, 1 - first)
    _square(gradient, state, second)
    return first, second, float(state["step"])


def _adam(gradient: Gradient, state: State, settings: Settings) -> tuple[Tensor, Tensor]:
    first, second, count = _moments(gradient, state, settings)
    square = state["square"]
    if settings["amsgrad"]:
        state.setdefault("largest", square.clone())
        square = torch.maximum(state["largest"], square, out=state["largest"])
    root = (square / (1 - second**count)).sqrt()
    return settings["lr"] / (root + settings["eps"]), state["mean"] / (1 - first**count)


def _nadam(gradient: Gradient, state: State, settings: Settings) -> tuple[Tensor, Tensor]:
    """Dozat, *Incorporating Nesterov momentum into Adam*, 2016, as torch has it."""
    first, second, count = _moments(gradient, state, settings)
    if "product" not in state:
        state["product"] = torch.ones((), dtype=torch.float64)
    decay = 0.96 ** settings["momentum_decay"]  # by which the momentum nears β1 with each step
    now, following = (first * (1 - 0.5 * decay**step) for step in (count, count + 1))
    state["product"].mul_(now)
    product = float(state["product"])
    root = (state["square"] / (1 - second**count)).sqrt()
    direction = (1 - now) / (1 - product) * gradient.smooth
    direction = direction + following / (1 - product * following) * state["mean"]
    return settings["lr"] / (root + settings["eps"]), direction


def _radam(gradient: Gradient, state: State, settings: Settings) -> tuple[Tensor, Tensor]:
    """Liu et al., *On the variance of the adaptive learning rate and beyond*, ICLR 2020."""
    first, second, count = _moments(gradient, state, settings)
    lr, direction = settings["lr"], state["mean"] / (1 - first**count)
    seen = 1 - second**count
    longest = 2 / (1 - second) - 1
    length = longest - 2 * count * second**count / seen
    if length <= RADAM_SHORTEST:  # too few squares to say anything of their mean
        return gradient.smooth.new_full((len(gradient.smooth),), lr), direction
    rectified = (length - 4) * (length - 2) * longest
    rectified /= (longest - 4) * (longest - 2) * length
    root = state["square"].sqrt() + settings["eps"]
    return lr * (rectified * seen) ** 0.5 / root, direction


def _sgd(gradient: Gradient, state: State, settings: Settings) -> tuple[Tensor, Tensor]:
    smooth, momentum, taken = gradient.smooth, settings["momentum"], 1 - settings["dampening"]
    if not momentum:
        return smooth.new_full((len(smooth),), settings["lr"]), smooth
    if "momentum" not in state:
        state["momentum"] = smooth.clone()
    else:
        state["momentum"].mul_(momentum).add_(smooth, alpha=taken)
    # A gradient that stays is counted taken/(1 − momentum) times, and so must the proximal step be.
    direction = state["momentum"]
    if settings["nesterov"]:
        direction = smooth.add(direction, alpha=momentum)
    size = smooth.new_full((len(smooth),), settings["lr"] * taken / (1 - momentum))
    return size, direction * ((1 - momentum) / taken)


def _adafactor(gradient: Gradient, state: State, settings: Settings) -> tuple[Tensor, Tensor]:
    """Shazeer and Stern, *Adafactor*, ICML 2018, as torch has it.

    Its factored mean of squares gives each entry a size of its own; their mean is the block's.
    """
    count = float(state["step"])
    lowest, least_size = settings["eps"]
    if lowest is None:
        lowest = torch.finfo(gradient.full.dtype).eps
    square = _square(gradient, state, min(1 - count ** settings["beta2_decay"], LONGEST))
    root = square.sqrt().clamp(min=lowest)
    update = _root_mean_square(gradient.full) / root
    rate = min(settings["lr"], count**-0.5) * _root_mean_square(gradient.weights).clamp(
        min=least_size
    )
    return rate / root / (update / settings["d"]).clamp(min=1), gradient.smooth


def _root_mean_square(tensor: Tensor) -> Tensor:
    return tensor.square().flatten(1).mean(dim=1).sqrt()


_OF_ADAM = Preconditioner(_adam, whole=["mean"], each=["square"])
PRECONDITIONERS: dict[type[Optimizer], Preconditioner] = {
    SGD: Preconditioner(_sgd, whole=["momentum"]),
    Adam: _OF_ADAM,
    AdamW: _OF_ADAM,
    NAdam: Preconditioner(_nadam, whole=["mean"], each=["square"], single=["product"]),
    RAdam: Preconditioner(_radam, whole=["mean"], each=["square"]),
    Adafactor: Preconditioner(_adafactor, each=["square"]),
}

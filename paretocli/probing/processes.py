"""Whether a point can be trained with parts of each batch, in turn or in several processes."""

from collections.abc import Iterator, Mapping
from typing import Any

import torch
import torch.distributed
from torch import nn
from torch.nn.modules.dropout import _DropoutNd
from torch.overrides import TorchFunctionMode

from paretocli.core import accelerators
from paretocli.core.generators import generators_kept
from paretocli.core.inputs import call
from paretocli.core.loss_of_means import LossOfMeans
from paretocli.core.problem import Problem
from paretocli.errors import InputError
from paretocli.population.batch_norm import batch_norms, is_own
from paretocli.probing.rehearsal import CPU, ROWS, first_batch


def check_processes(
    problem: Problem, network: nn.Module, chosen: Mapping[str, Any], device: torch.device
) -> Iterator[str]:
    """Refuse what several processes would train otherwise than one; else notes on it.

    Args:
        problem: What the network is for.
        network: It, on the CPU.
        chosen: The options.
        device: Where it is to be trained.

    Raises:
        InputError: There is something of the kind, or there are fewer devices.
    """
    _check_losses(problem, chosen)
    count = chosen["devices"]
    if count == 1:
        return
    asked = f"--devices {count}"
    _check_devices(asked, count, device)
    for name in ("cluster", "compile"):
        if chosen[name]:
            raise InputError(f"{asked} does not go with --{name}; leave out one of the two.")
    if min(chosen["batch_size"], len(problem.train)) < count:
        raise InputError(
            f"{asked} needs batches of at least {count} samples, found "
            f"{min(chosen['batch_size'], len(problem.train))}; use a larger --batch-size."
        )
    if problem.auxiliary:
        raise InputError(
            f"Auxiliary losses ({', '.join(problem.auxiliary)}) are those of whole batches, and "
            f"with {asked} each process has a part of one; leave out --devices."
        )
    _check_batch_norm(asked, problem, network, micro_batch=chosen["micro_batch"])
    dropout = (m for m in network.modules() if isinstance(m, _DropoutNd))
    if any(module.p > 0 for module in dropout):
        yield (
            f"With {asked} dropout draws other masks than in one process, so results are as far "
            "from those of one process as those of another seed."
        )


def _check_losses(problem: Problem, chosen: Mapping[str, Any]) -> None:
    """Losses that are no means need all of a batch at once."""
    whole = [task.name for task in problem.tasks if isinstance(task.loss, LossOfMeans)]
    in_parts = 0 < chosen["micro_batch"] < min(chosen["batch_size"], len(problem.an_epoch))
    asked = [
        f"--{name.replace('_', '-')} {chosen[name]}"
        for name, given in (("micro_batch", in_parts), ("devices", chosen["devices"] > 1))
        if given
    ]
    if whole and asked:
        raise InputError(
            f"The loss of task {whole[0]} compares means over a whole batch, and {asked[0]} takes "
            "it in parts, which have others; leave it out, or use a smaller --batch-size."
        )


def _check_devices(asked: str, count: int, device: torch.device) -> None:
    if device.type not in {"cpu", "cuda"}:
        raise InputError(f"{asked} is for --device cpu and cuda, and the device is {device.type}.")
    if device.type == "cpu":
        if not torch.distributed.is_gloo_available():
            raise InputError(f"{asked} needs a torch that was built with gloo; leave it out.")
        return
    there = accelerators.count(device) if device.index is None else 1
    if there < count:
        gpus = "is 1 GPU" if there == 1 else f"are {there} GPUs"
        raise InputError(f"{asked} asks for more than there {gpus} (--device {device}).")
    if not torch.distributed.is_nccl_available():
        raise InputError(f"{asked} needs a torch that was built with nccl; leave it out.")


def _check_batch_norm(
    asked: str, problem: Problem, network: nn.Module, *, micro_batch: int
) -> None:
    """Batch norm is worked out over all processes where it is torch's own module."""
    known = dict(batch_norms(network))
    for name, module in known.items():
        if not is_own(module):
            raise InputError(
                f"{name} ({type(module).__name__}) normalises batches in a way of its own, and "
                f"with {asked} would do so with a part of each; use nn.BatchNorm, or one process."
            )
    if known and micro_batch:
        raise InputError(
            f"{asked} with --micro-batch would normalise other parts of a batch than one process "
            f"does ({next(iter(known))}); leave out one of the two."
        )
    if _batch_norm_calls(problem, network) > 0:
        raise InputError(
            "The network calls torch's batch_norm itself, which with "
            f"{asked} would normalise a part of each batch; use nn.BatchNorm, or one process."
        )


def _batch_norm_calls(problem: Problem, network: nn.Module) -> int:
    """How often a network normalises batches by no module of torch's; it stays as it is."""
    kept = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    training, of_modules = network.training, 0

    def count(*ignored: Any) -> None:
        nonlocal of_modules
        of_modules += 1

    hooks = [module.register_forward_hook(count) for _, module in batch_norms(network)]
    inputs, _ = first_batch(problem, "train", ROWS, CPU)
    with generators_kept(CPU), torch.no_grad(), _BatchNorms() as calls:
        call(network.train(), inputs)
    for hook in hooks:
        hook.remove()
    network.load_state_dict(kept)
    network.train(training)
    found: int = calls.found
    return found - of_modules


class _BatchNorms(TorchFunctionMode):
    """Counts normalisations of batches.

    Attributes:
        found: How many there were.
    """

    def __init__(self) -> None:
        super().__init__()
        self.found: int = 0

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        self.found += function in {torch.batch_norm, nn.functional.batch_norm}
        return function(*args, **(kwargs or {}))

"""No step of training waits for a GPU to say a number: what would wait is counted on the CPU."""

from collections import Counter

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from paretocli.sweeping.normalisation import from_initial
from paretocli.sweeping.resolve import resolve
from paretocli.sweeping.subproblems import Subproblems
from paretocli.sweeping.trainers import trainer_of

# These hand a number, or a shape that depends on numbers, to the program.
WAITING = {"_local_scalar_dense", "equal", "is_nonzero", "nonzero", "masked_select", "_unique2"}


class Waits(TorchDispatchMode):
    """Counts the calls that would wait if all tensors but some lay on a GPU."""

    def __init__(self, on_cpu):
        super().__init__()
        self.on_cpu = {tensor.data_ptr() for tensor in on_cpu}
        self.found = Counter()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = function.name().removeprefix("aten::").partition(".")[0]
        if name in WAITING and args[0].data_ptr() not in self.on_cpu:
            self.found[name] += 1
        if name.startswith("index") and any(map(_masks, args)):
            self.found[f"{name} by a mask"] += 1
        return function(*args, **(kwargs or {}))


def _masks(argument):
    parts = argument if isinstance(argument, list | tuple) else ()
    return any(isinstance(part, torch.Tensor) and part.dtype == torch.bool for part in parts)


@pytest.mark.parametrize(
    "options",
    [
        {"sparsity": False},
        {"sparsity": False, "solver": "linear", "optimizer": "sgd"},
        {"sparsity": True},
        {"sparsity": True, "optimizer": "sgd"},
        {"sparsity": False, "transfer": "neighbours"},
        {"sparsity": False, "transfer": "adaptive"},
        {"sparsity": False, "batches": "independent"},
    ],
    ids=lambda options: " ".join(map(str, options.values())),
)
def test_an_epoch_has_nothing_to_wait_for(options):
    assert waits_of(options) == Counter()


def test_what_would_wait_is_found():
    """Pooling the rows of a network goes on until it finds no more to pool."""
    assert waits_of({"sparsity": True, "theta": "linear"})["equal"] >= 20


def waits_of(options):
    found = resolve(
        {"problem": "multidigits", "points": 3, "threads": 1, "train_samples": 2560} | options
    )
    start = from_initial(found.config, found.problem)
    trainer = trainer_of(Subproblems(found.config, found.problem, start), range(3))
    trainer._train_epoch()
    # Optimisers count their steps on the CPU, wherever the parameters are.
    states = [s for one in trainer.descent.optimizers for s in one.state.values()]
    with Waits([state["step"] for state in states if "step" in state]) as waits:
        trainer._train_epoch()
    assert trainer.passing.transfer is None or trainer.passing.transfer.matrix(0) is not None
    return waits.found

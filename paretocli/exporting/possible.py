"""Whether a network can be exported, found out by trying it as far as takes seconds."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from paretocli.compaction.program import first_line, refuse_untraceable
from paretocli.compaction.quiet import quiet
from paretocli.compaction.shipping import compact_network
from paretocli.compaction.trace import trace
from paretocli.core.as_used import AsUsed, raw_inputs
from paretocli.core.outputs import flat, output_names
from paretocli.core.problem import Problem
from paretocli.errors import InputError
from paretocli.exporting.differences import TOLERANCE
from paretocli.exporting.formats import FORMATS
from paretocli.exporting.plain import write_plain
from paretocli.exporting.source import identifier, python_source

TRACED_SAMPLES = 2
# Operations of a network up to which all is tried, and up to which a graph is made: either takes
# up to some ten seconds. A recurrent layer has some for each step of its sequences.
MOST_IN_WHOLE = 200
MOST_IN_GRAPH = 3000


@dataclass(frozen=True)
class ExportTrial:
    """How far an export was tried, and what came of it.

    Attributes:
        tried: `whole` where the network was made small, written, read again and compared; `graph`
            where torch.export made a graph of it and no more; `nothing` where that would take long.
        operations: Of the network, for a batch; recurrent layers have some for each step.
        why_not: Why `export` would fail, a sentence; empty where no reason was found.
    """

    tried: str
    operations: int
    why_not: str = ""


def export_trial(problem: Problem, network: nn.Module) -> ExportTrial:
    """Try what `export` does with a network; the larger the network is, the less of it.

    The network stays as it is, with its buffers and modes, and so do torch's generators.

    Args:
        problem: What the network is for; its test data is used.
        network: The network, on the CPU, which works for batches of some samples.
    """
    with _unchanged(network), torch.no_grad(), quiet():
        dense = AsUsed(problem, network).eval()
        operations = _operations(dense, _batch(problem, TRACED_SAMPLES))
        tried, attempt = _attempt(operations)
        try:
            attempt(problem, dense)
        except InputError as error:
            return ExportTrial(tried, operations, str(error))
        except Exception as error:  # whatever it is, export would meet it too
            return ExportTrial(
                tried,
                operations,
                f"The network of problem {problem.name} cannot be exported: "
                f"{type(error).__name__}, {first_line(error)}",
            )
    return ExportTrial(tried, operations)


def _attempt(operations: int) -> tuple[str, Callable[[Problem, AsUsed], None]]:
    """How much is tried of a network of so many operations."""
    if operations <= MOST_IN_WHOLE:
        return "whole", _export
    if operations <= MOST_IN_GRAPH:
        return "graph", _make_graph
    return "nothing", lambda problem, dense: None


def _make_graph(problem: Problem, dense: AsUsed) -> None:
    refuse_untraceable(dense, _batch(problem, TRACED_SAMPLES), f"of problem {problem.name}")


def _export(problem: Problem, dense: AsUsed) -> None:
    few = _batch(problem, TRACED_SAMPLES)
    small = compact_network(trace(dense, few, f"of problem {problem.name}"))
    form = dense.by_task(*few.values())
    names = output_names(dense.names, form)
    described = {name: str(tuple(tensor.shape)) for name, tensor in few.items()}
    shapes = {name: tuple(o.shape[1:]) for name, o in zip(names, flat(form), strict=True)}
    with tempfile.TemporaryDirectory() as folder:
        plain = write_plain(
            small, python_source(small, "A trial.", described, shapes), Path(folder)
        )
        FORMATS["program"].write(plain, names, few, Path(folder))
        program = FORMATS["program"].read(Path(folder))
        for size in (1, TRACED_SAMPLES + 1):
            batch = tuple(_batch(problem, size).values())
            expected = dense(*batch)
            for function in (plain, program):
                _refuse_difference(problem, names, expected, function(*batch))


def _refuse_difference(
    problem: Problem, names: Sequence[str], expected: Sequence[Tensor], found: Sequence[Tensor]
) -> None:
    """Refuse outputs (B, …) of a small network, by name, that are not those of the large one."""
    for name, one, other in zip(names, expected, found, strict=True):
        finite = one[one.isfinite()].abs()
        allowed = TOLERANCE * max(1.0, float(finite.max()) if finite.numel() else 0.0)
        if not torch.allclose(one, other, rtol=0, atol=allowed, equal_nan=True):
            raise InputError(
                f"The network of problem {problem.name} gives other outputs of task {name} "
                "once it is made small; this is a fault of the program: please report it with the "
                "network."
            )


class _OperationCounter(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch has no types here
    """Counts operations."""

    count = 0

    def __torch_dispatch__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        self.count += 1
        return function(*args, **(kwargs or {}))


def _operations(dense: nn.Module, batch: dict[str, Tensor]) -> int:
    # Without oneDNN, which has one operation for all steps of a recurrent layer.
    with torch.backends.mkldnn.flags(enabled=False), _OperationCounter() as counter:  # type: ignore[no-untyped-call]  # torch has no types here
        dense(*batch.values())
    return int(counter.count)


@contextmanager
def _unchanged(network: nn.Module) -> Iterator[None]:
    """A context after which a network and torch's generators are as they were."""
    modes = {module: module.training for module in network.modules()}
    buffers = {name: buffer.clone() for name, buffer in network.named_buffers()}
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        for module, mode in modes.items():
            module.training = mode
        with torch.no_grad():
            for name, buffer in network.named_buffers():
                buffer.copy_(buffers[name])


def _batch(problem: Problem, size: int) -> dict[str, Tensor]:
    inputs = raw_inputs(problem, size)
    return {identifier(name, "inputs"): tensor for name, tensor in inputs.items()}

"""Whether a network can be exported, found out by trying it."""

import tempfile
from pathlib import Path

import torch
from torch import Tensor, nn

from paretocli.compaction.shipping import compact_network
from paretocli.compaction.trace import first_line, trace
from paretocli.errors import InputError
from paretocli.export.formats import FORMATS, write_plain
from paretocli.export.source import identifier, python_source
from paretocli.problems.as_used import AsUsed, raw_inputs
from paretocli.problems.problem import Problem

TRACED_SAMPLES = 2


def why_not_exportable(problem: Problem, network: nn.Module) -> str:
    """Why `export` would fail for a network, in one sentence; empty where it works.

    The network is compacted, written as a module and as a program, and read again, for batches of
    one and of three samples.

    Args:
        problem: What the network is for; its test data is used.
        network: The network, which stays as it is.
    """
    modes = {module: module.training for module in network.modules()}
    try:
        _tried(problem, network.eval())
    except InputError as error:
        return str(error)
    except Exception as error:  # whatever it is, export would meet it too
        return (
            f"The network of problem {problem.name} cannot be exported: {type(error).__name__}, "
            f"{first_line(error)}"
        )
    finally:
        for module, mode in modes.items():
            module.training = mode
    return ""


@torch.no_grad()
def _tried(problem: Problem, network: nn.Module) -> None:
    dense = AsUsed(problem, network).eval()
    few = _batch(problem, TRACED_SAMPLES)
    small = compact_network(trace(dense, few, f"of problem {problem.name}"))
    names = [task.name for task in problem.tasks]
    described = {name: str(tuple(tensor.shape)) for name, tensor in few.items()}
    shapes = {name: tuple(o.shape[1:]) for name, o in zip(names, dense(*few.values()), strict=True)}
    with tempfile.TemporaryDirectory() as folder:
        plain = write_plain(
            small, python_source(small, "A trial.", described, shapes), Path(folder)
        )
        FORMATS["program"].write(plain, names, few, Path(folder))
        program = FORMATS["program"].read(Path(folder))
        for size in (1, TRACED_SAMPLES + 1):
            batch = _batch(problem, size)
            plain(*batch.values())
            program(*batch.values())


def _batch(problem: Problem, size: int) -> dict[str, Tensor]:
    inputs = raw_inputs(problem, size)
    return {identifier(name, "inputs"): tensor for name, tensor in inputs.items()}

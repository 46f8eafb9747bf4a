"""Whether copies of a network compute as one stack, and why not where they do not."""

import warnings

import torch
from torch import Tensor, nn

from paretocli.core.generators import generators_kept
from paretocli.core.problem import Problem
from paretocli.population.population import Population
from paretocli.probing.given_parameters import recomputes
from paretocli.probing.rehearsal import CPU, ROWS, first_batch, take_through

SLOWER = "on a CPU convolutions are faster one after another"
NO_KERNEL = "have not yet implemented the batching rule for "
RECOMPUTES = "it computes parts again in the backward pass (torch.utils.checkpoint)"
COPIES = 2
LONGEST = 150  # characters of what was raised


def why_in_turn(
    problem: Problem,
    network: nn.Module,
    device: torch.device,
    *,
    batch_size: int,
    apart: bool = False,
) -> str:
    """Why copies of a network had better compute one after another; empty where they had not.

    Convolutions on a CPU are faster so, and there are networks that `vmap` cannot take, such as
    one with control flow that depends on its data.

    Args:
        problem: What the network is for.
        network: It, on the CPU.
        device: Where it is to be trained.
        batch_size: Samples of a training step.
        apart: Whether each copy has batches of its own in training.
    """
    if recomputing(problem, network):
        return RECOMPUTES
    convolutions = any(isinstance(m, nn.Conv1d | nn.Conv2d | nn.Conv3d) for m in network.modules())
    if convolutions and device.type == "cpu":
        return SLOWER
    try:
        with warnings.catch_warnings():
            # Where vmap has no kernel it takes one copy after the other, slowly.
            warnings.filterwarnings("error", message=f".*{NO_KERNEL}")
            together, in_turn = (
                _losses(problem, network, device, batch_size, apart=apart, stacked=stacked)
                for stacked in (True, False)
            )
    except UserWarning as warning:
        return f"vmap has no kernel for {str(warning).partition(NO_KERNEL)[2].split('. ')[0]}"
    except Exception as error:  # whatever a network's own code does under vmap
        return f"vmap cannot take this network ({_first_sentence(error)})"
    finally:
        network.to(CPU)
    if not torch.allclose(together, in_turn, rtol=1e-2, atol=1e-5, equal_nan=True):
        return "vmap gives other numbers for this network"
    return ""


def recomputing(problem: Problem, network: nn.Module) -> bool:
    """Whether a network, on the CPU, computes parts again in the backward pass."""
    with generators_kept(CPU):
        return recomputes(problem, network, *first_batch(problem, "train", ROWS, CPU))


def _losses(
    problem: Problem,
    network: nn.Module,
    device: torch.device,
    batch_size: int,
    *,
    apart: bool,
    stacked: bool,
) -> Tensor:
    population = Population(network, problem.trained, COPIES, device=device, stacked=stacked)
    with generators_kept(device):
        return take_through(population, problem, batch_size=batch_size, apart=apart)


def _first_sentence(error: Exception) -> str:
    """What was raised, without the advice that torch adds for its developers."""
    line = (str(error).strip().splitlines() or ["(no message)"])[0]
    text = f"{type(error).__name__}: {line.split('. ')[0].removesuffix('.')}"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"

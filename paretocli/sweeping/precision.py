"""Numbers of 16 bits, and what does not go with them."""

import torch

from paretocli.errors import InputError
from paretocli.options.config import SweepConfig
from paretocli.solvers.chebyshev import Scalarization
from paretocli.solvers.registry import SOLVERS

HALF = {"bf16": torch.bfloat16, "fp16": torch.float16}


def refuse_precision(config: SweepConfig) -> None:
    """Refuse scaled losses for a solver that compares the gradients of losses.

    Raises:
        InputError: It does.
    """
    if HALF.get(config.precision) == torch.float16 and compares_gradients(config):
        raise InputError(
            f"--precision fp16 scales losses until no gradient overflows, and --solver "
            f"{config.solver} compares those of single losses, overflow or not; choose --precision "
            "bf16 or fp32, or another solver."
        )


def compares_gradients(config: SweepConfig) -> bool:
    """Whether the solver compares the gradients of single losses."""
    weights = torch.tensor(config.weights[:1])
    rows = torch.ones(weights.shape[1])
    scalarization = Scalarization(weights, rows * 0, rows, config.epsilon)
    return SOLVERS[config.solver].made(scalarization, config.solver_options).needs_gramian

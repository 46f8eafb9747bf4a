"""The sweep that a problem's defaults mean, for what is said of it before there is one."""

import dataclasses
from pathlib import Path

import torch

from paretocli.core.names import SPARSITY
from paretocli.core.problem import Problem
from paretocli.options.config import SweepConfig
from paretocli.options.declared import declared, defaults
from paretocli.sparsity.layers import Layer, counted_layers
from paretocli.sparsity.objective import own_shares
from paretocli.sweeping.own_optimizer import default_optimizer

POINTS = 3  # as many as are tried, whatever their weights


def default_sweep(
    problem: Problem,
    network: str,
    layers: tuple[Layer, ...],
    device: torch.device,
    *,
    sparse: bool = True,
) -> SweepConfig:
    """A sweep of a few points with the defaults of a problem, and equal weights.

    Args:
        problem: The problem.
        network: The name of its network.
        layers: Its layers.
        device: Where it would be trained.
        sparse: Whether sparsity may be an objective.
    """
    counted = counted_layers(layers) if sparse else ()
    objectives = (SPARSITY, *problem.objectives) if counted else tuple(problem.objectives)
    own = {
        name: declared()[name].value(given)
        for name, given in dataclasses.asdict(problem.defaults).items()
        if name not in {"points", "network"}
    }
    own["optimizer"] = default_optimizer(problem)
    equal = (1 / len(objectives),) * len(objectives)
    settled = {
        "problem": problem.name,
        "objectives": objectives,
        "network": network,
        "weights": (equal,) * POINTS,
        "train_samples": len(problem.train),
        "ideal": (0.0,) * len(objectives),
        "sparsity": bool(counted),
        "sparse_layers": tuple(layer.name for layer in counted),
        "sparsity_shares": own_shares(counted),  # memory does not depend on them
        "grouped_rows": (),
        "retrain_lr": problem.defaults.lr / 2,
        "held_lr": problem.defaults.lr,
        "evaluate_every": 1,
        "frozen_point": "",
        "taught_by": "",
        "started_from": "",
        "teachers": None,
        "freeze_sparsity": None,
        "device": str(device),
        "threads": 1,
        "stack": POINTS,
        "jobs": 1,
        "out": Path(),
        "data_dir": Path(),
    }
    return SweepConfig.of(defaults() | own | settled)

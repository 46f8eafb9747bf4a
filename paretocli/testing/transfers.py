"""Tests of a rule of transfer."""

from itertools import pairwise
from typing import Any

import numpy as np
import torch

from paretocli.option import UNSET
from paretocli.population.transfer import TRANSFERS, Transfer, TransferRule
from paretocli.population.transfer_options import CosmosOptions, ManifoldOptions
from paretocli.registries import lookup
from paretocli.solvers.chebyshev import Scalarization
from paretocli.solvers.registry import SOLVERS
from paretocli.testing.expect import expect

WEIGHTS = ((0.1, 0.9), (0.3, 0.7), (0.5, 0.5), (0.7, 0.3), (0.9, 0.1))
EPOCHS = 20
CLOSE = 1e-5


def check_transfer(transfer: str | TransferRule, **options: Any) -> None:
    """Test that a rule of transfer does what training asks of it.

    The rows of its matrix sum to 1 and are nowhere negative, it has faded to the identity when
    training ends, and a state that is saved and loaded goes on with the same matrix. Where the
    population branches instead: each stage holds every subproblem, nobody who was parted comes
    together again, and at the end each has a network of its own.

    Args:
        transfer: The rule, or its name where it is installed.
        **options: Values of its options; without, their defaults.

    Raises:
        AssertionError: It does not.
        InputError: There is no such rule.
    """
    rule = lookup(TRANSFERS, transfer, "transfer") if isinstance(transfer, str) else transfer
    for one in rule.declared:
        expect(one.has_default or one.name in options, f"{one.name} should have a default")
        if one.default is not UNSET:
            one.check(one.default)
    told = rule.told({one.name: options.get(one.name, one.default) for one in rule.declared})
    if rule.stages is not None:
        _check_stages(rule.stages(np.array(WEIGHTS), told, EPOCHS))
    if rule.mixes:
        known = isinstance(told, ManifoldOptions | CosmosOptions)
        expect(known, "the options should be ManifoldOptions or CosmosOptions")
    if rule.make is not None:
        _check_matrix(rule, told)


def _check_matrix(rule: TransferRule, told: Any) -> None:
    first, second = (_made(rule, told) for _ in range(2))
    size = len(WEIGHTS)
    for step in range(EPOCHS):
        objectives = torch.rand(size, 2, generator=torch.Generator().manual_seed(step))
        first.observe(objectives)
        matrix = first.matrix(step / EPOCHS)
        if matrix is None:
            continue
        expect(matrix.shape == (size, size), f"the matrix should be {size} × {size}")
        expect(bool((matrix >= 0).all()), "the matrix should be nowhere negative")
        sums = matrix.sum(dim=1)
        expect(
            torch.allclose(sums, torch.ones(size), atol=CLOSE),
            f"the rows of the matrix should sum to 1, found {sums.tolist()}",
        )
    last = first.matrix(1.0)
    expect(
        last is None or torch.allclose(last, torch.eye(size), atol=CLOSE),
        "the matrix should be the identity when training ends, or it leaves a bias",
    )
    second.load_state_dict(first.state_dict())
    one, other = first.matrix(0.3), second.matrix(0.3)
    expect(
        one is other or (one is not None and other is not None and torch.equal(one, other)),
        "a state that is loaded should give the same matrix",
    )


def _made(rule: TransferRule, told: Any) -> Transfer:
    weights = torch.tensor(WEIGHTS)
    scalarization = Scalarization(weights, torch.zeros(2), torch.ones(2), 1e-4)
    assert rule.make is not None
    made = rule.make(SOLVERS["linear"].made(scalarization, {}), told)
    expect(isinstance(made, Transfer), f"make should give a Transfer, found {type(made)}")
    return made


def _check_stages(stages: Any) -> None:
    size = len(WEIGHTS)
    for stage in stages:
        expect(len(stage.groups) == size, "each stage should hold every subproblem")
    for before, after in pairwise(stages):
        expect(before.first_epoch < after.first_epoch, "stages should come one after another")
        origin = {g: {before.groups[m] for m in after.members(g)} for g in range(after.networks)}
        expect(
            all(len(groups) == 1 for groups in origin.values()),
            "subproblems that were parted should not come together again",
        )
    expect(stages[-1].networks == size, "at the end each should have a network of its own")

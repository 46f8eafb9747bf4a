"""Rows of one layer that go together, as those that read one head of attention do."""

import torch

from paretocli.networks.building import build_network
from paretocli.sparsity.layers import counted_layers, find_layers
from paretocli.sparsity.objective import SparsityObjective, SparsitySettings
from paretocli.sparsity.pattern import zero_rows
from tests.toys import CPU, HIDDEN, make_trainer, solve, vectors

HEADS, EACH = 10, 4
TOGETHER = (tuple((HIDDEN, f"{e}:{HEADS * EACH}:{EACH}") for e in range(EACH)),)


def test_they_become_zero_and_are_tied_together():
    problem = vectors()
    layers = find_layers(build_network("wide", problem, 0), problem.train.inputs[:2])
    sparsity = SparsityObjective(counted_layers(layers), SparsitySettings(), CPU, grouping=TOGETHER)
    (block,) = sparsity.blocks.each
    assert (block.rows, block.row_size) == (HEADS, EACH * 3)
    trainer = make_trainer(
        problem,
        [[0.8, 0.1, 0.1], [0.5, 0.25, 0.25]],
        "linear",
        sparsity=sparsity,
        epochs=12,
        lr=0.05,
        retrain_epochs=1,
        retrain_lr=0.01,
        share_similarity=0.9,
    )
    zero = zero_rows(solve(trainer).tensors[HIDDEN]).reshape(2, HEADS, EACH)
    assert torch.equal(zero.all(dim=2), zero.any(dim=2))
    assert 0 < int(zero[0].all(dim=1).sum()) < HEADS
    rows = trainer.pattern.representatives[HIDDEN].reshape(2, HEADS, EACH)
    # A row that is tied is tied to the one at its own place of another head.
    assert bool(((rows % EACH == torch.arange(EACH)) | (rows < 0)).all())

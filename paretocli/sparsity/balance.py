"""Blocks of several layers in which each layer counts by its parameters, not by its norm.

A layer before a batch norm can be multiplied by a number and the network stays what it is. Were the
rows of a block measured as they are, one layer that grows would hide the others: f_0 would fall to
that of this layer alone, without one zero row. So each layer's part W_m of a block W is measured as

    U_m = α_m W_m,   α_m = √c_m ‖W‖ / ‖W_m‖,   c_m its share of the block's entries,

for which ‖U‖ = ‖W‖ and ‖U_m‖² = c_m ‖U‖². Entries are as large in each U_m in the root mean square.
A layer of zeros stays so and has no say in the others' norm.

Steps are taken in U with α held still; a gradient there is that at W over α.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from paretocli.sparsity.blocks import Block

Tensors = Mapping[str, Tensor]


def factors_of(block: Block, rows: Tensor) -> Tensor:
    """α (K, D, 1) for the rows W (K, D, R) of a block, differentiable where no part is zero."""
    norm = torch.linalg.vector_norm
    sizes = torch.stack([norm(part, dim=(1, 2)) for part in _parts(block, rows)])
    whole = norm(sizes, dim=0)
    # Numbers of Python: a tensor of them would have to be sent to the device at each step.
    wanted = torch.stack([(n / block.row_size) ** 0.5 * whole for n in block.sizes])
    there = sizes > 0
    factors = torch.where(there, wanted / torch.where(there, sizes, 1), 1)
    return _spread(block, factors)


def along_parts(block: Block, gradient: Tensor, rows: Tensor) -> Tensor:
    """The part (K, D, R) of a gradient that is along the weights, for each layer by itself.

    Args:
        block: The block.
        gradient: (K, D, R).
        rows: U (K, D, R).
    """
    inner = torch.stack([part.sum(dim=(1, 2)) for part in _parts(block, gradient * rows)])
    square = torch.stack([part.square().sum(dim=(1, 2)) for part in _parts(block, rows)])
    tiny = torch.finfo(rows.dtype).tiny
    return _spread(block, inner / square.clamp(min=tiny)) * rows


def times(joined: Tensors, factors: Tensors) -> dict[str, Tensor]:
    """U from W, or a gradient at W from that at U: blocks (K, D, R) by name, where α is known."""
    return {n: block * factors[n] if n in factors else block for n, block in joined.items()}


def over(joined: Tensors, factors: Tensors) -> dict[str, Tensor]:
    """W from U, or a gradient at U from that at W."""
    return {n: block / factors[n] if n in factors else block for n, block in joined.items()}


def _parts(block: Block, rows: Tensor) -> tuple[Tensor, ...]:
    return torch.split(rows, list(block.sizes), dim=1)


def _spread(block: Block, values: Tensor) -> Tensor:
    """Numbers a layer (M, K), to multiply rows (K, D, R)."""
    parts = [v.expand(n, -1) for v, n in zip(values, block.sizes, strict=True)]
    return torch.cat(parts).transpose(0, 1).unsqueeze(2)

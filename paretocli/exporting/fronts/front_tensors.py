"""The tensors of a front's networks as functions of the weights.

Parameters of networks that are made of a few are affine in the weights, so that those of all points
give back what they are made of. What batch norm remembers is no such function: it is known at the
points alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from paretocli.errors import InputError
from paretocli.exporting.fronts.front_points import SolvedFront, names_of

ROUNDING = 1e-5  # of the largest number of a parameter, by which mixtures may be off
NOISE = 3e-7  # of a matrix' norm: below it singular values are rounding
COUNT = "num_batches_tracked"


@dataclass(frozen=True)
class Affine:
    """A tensor A + Σ_i w_i B_i, with B_i of the last objective zero.

    Attributes:
        base: A.
        differences: B (m − 1, …), None where the tensor is the same for all weights, or has
            factors.
        factors: Of matrices of a low rank: U (o, Q) and D (Q, k), with B_i = U_i D_i of the columns
            and rows for i; None elsewhere.
        ranks: How many of the Q are for each i.
    """

    base: Tensor
    differences: Tensor | None = None
    factors: tuple[Tensor, Tensor] | None = None
    ranks: tuple[int, ...] = ()

    @property
    def numbers(self) -> int:
        """How many numbers it is made of."""
        parts = (self.base, self.differences, *(self.factors or ()))
        return sum(part.numel() for part in parts if part is not None)


@dataclass(frozen=True)
class FrontTensors:
    """All tensors of the networks of a front, by name.

    Attributes:
        affine: The parameters, and buffers that all points share.
        tables: Buffers (K, …) that each point has its own of.
    """

    affine: dict[str, Affine]
    tables: dict[str, Tensor]


def front_tensors(front: SolvedFront) -> FrontTensors:
    """The tensors of a front's networks.

    Raises:
        InputError: They are no mixtures of the same networks.
    """
    affine: dict[str, Affine] = {}
    tables: dict[str, Tensor] = {}
    parameters = dict(front.network.named_parameters())
    for name, first in front.states[0].items():
        values = torch.stack([state[name] for state in front.states])
        if name.endswith(COUNT) or bool((values == first).all()):
            affine[name] = Affine(first)
        elif name in parameters:
            affine[name] = _fitted(values, front, name)
        elif first.is_floating_point():
            tables[name] = values
        else:
            raise InputError(
                f"The networks of {front.directory} have whole numbers in {name} that differ, "
                "which no weights go between; export one of its points by its number."
            )
    return FrontTensors(affine, tables)


def _fitted(values: Tensor, front: SolvedFront, name: str) -> Affine:
    """A parameter (K, …) of all points as a function of their weights."""
    found = values.reshape(len(values), -1).double()
    ends = torch.linalg.lstsq(front.weights, found).solution
    away = (front.weights @ ends - found).abs().amax(dim=1)
    off = (~(away <= ROUNDING * found.abs().max())).nonzero().flatten().tolist()
    if off:
        raise InputError(
            f"The networks of {front.directory} are not made of the same few ({name} of "
            f"{names_of([front.points[place] for place in off])} is none of their mixtures), as "
            "where points were solved anew by themselves; export one of them by its number."
        )
    shape, kind = values.shape[1:], values.dtype
    base, differences = ends[-1], (ends[:-1] - ends[-1]).reshape(-1, *shape)
    low = _factors(differences, float(base.norm())) if len(shape) > 1 else None
    whole = base.reshape(shape).to(kind)
    if low is None:
        return Affine(whole, differences.to(kind))
    up, down, ranks = low
    return Affine(whole, factors=(up.to(kind), down.to(kind)), ranks=ranks)


def _factors(differences: Tensor, size: float) -> tuple[Tensor, Tensor, tuple[int, ...]] | None:
    """The factors of some matrices, where these are fewer numbers than the matrices.

    Args:
        differences: (m − 1, out, …).
        size: The norm of what they are added to.
    """
    ups: list[Tensor] = []
    downs: list[Tensor] = []
    for matrix in differences.flatten(2) if differences.dim() > 2 else differences:
        left, sizes, right = torch.linalg.svd(matrix, full_matrices=False)
        rank = int((sizes > NOISE * max(size, float(matrix.norm()))).sum())
        ups.append(left[:, :rank] * sizes[:rank])
        downs.append(right[:rank])
    ranks = tuple(len(down) for down in downs)
    if sum(up.numel() + down.numel() for up, down in zip(ups, downs, strict=True)) >= (
        differences.numel()
    ):
        return None
    return torch.cat(ups, dim=1), torch.cat(downs), ranks


def numbers_of(tensors: FrontTensors, names: Sequence[str]) -> int:
    """How many numbers the tensors of some names are made of."""
    of_tables = sum(table.numel() for name, table in tensors.tables.items() if name in names)
    return of_tables + sum(one.numbers for name, one in tensors.affine.items() if name in names)

"""Which rows of which layers are zero and which are tied, and keeping them so."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from paretocli.sparsity.layers import rows_first
from paretocli.sparsity.sharing import shared_rows_of_all

Tensors = Mapping[str, Tensor]
Matrix = npt.NDArray[np.float32]


class Pattern:
    """Zero rows and clusters of equal rows of K networks: a linear subspace of their parameters.

    Args:
        representatives: For each layer's name, the row that stands for each row (K, R). Rows of a
            cluster name its first one; rows alone name themselves; zero rows hold −1.
    """

    def __init__(self, representatives: Tensors) -> None:
        self.representatives = dict(representatives)
        self._zero = {name: rows < 0 for name, rows in self.representatives.items()}
        own = {
            name: torch.arange(r.shape[1], device=r.device) for name, r in representatives.items()
        }
        self._tied = {
            name: bool(((rows >= 0) & (rows != own[name])).any())
            for name, rows in self.representatives.items()
        }

    @torch.no_grad()
    def project_(self, tensors: Tensors) -> None:
        """Put stacked weights (K, out, R, …), or their gradients, onto the subspace, in place.

        Zero rows become zero and each row the mean of its cluster: the Euclidean projection. Of
        layers that are not among the tensors nothing is done.
        """
        for name, rows in self.representatives.items():
            if name not in tensors:
                continue
            weights = rows_first(tensors[name])
            zero = self._zero[name]
            weights.masked_fill_(zero.reshape(*zero.shape, *[1] * (weights.dim() - 2)), 0)
            if self._tied[name]:
                weights.copy_(_cluster_means(weights, rows))


def tied_pattern(weights: Tensors, similarity: float, jobs: int) -> Pattern:
    """The zero rows of stacked weights as they are, and a tie for each cluster of similar rows.

    Args:
        weights: (K, out, R, …) by name.
        similarity: Rows more similar than this may share; see `sharing.shared_rows`.
        jobs: Threads that work side by side.
    """
    return _pattern(weights, lambda matrices: shared_rows_of_all(matrices, similarity, jobs))


def present_pattern(weights: Tensors) -> Pattern:
    """The zero rows and the exactly equal rows of stacked weights (K, out, R, …)."""
    return _pattern(weights, lambda matrices: [equal_rows(matrix) for matrix in matrices])


def equal_rows(matrix: Matrix) -> npt.NDArray[np.int64]:
    """For each row of a matrix (R, D), the first row that equals it (R,)."""
    _, first, inverse = np.unique(matrix, axis=0, return_index=True, return_inverse=True)
    found: npt.NDArray[np.int64] = first[inverse.reshape(-1)]
    return found


def row_matrix(weight: Tensor) -> Matrix:
    """One network's weight (out, R, …) as a matrix (R, D) with a row an input."""
    rows = weight.detach().transpose(0, 1).flatten(1)
    # Adding zero turns −0 into 0, so that equal rows have equal bytes.
    matrix: Matrix = rows.cpu().numpy() + np.float32(0)
    return matrix


def _pattern(
    weights: Tensors, clusters: Callable[[Sequence[Matrix]], Sequence[npt.NDArray[np.int64]]]
) -> Pattern:
    matrices = [row_matrix(member) for stacked in weights.values() for member in stacked]
    found = []
    for matrix, first in zip(matrices, clusters(matrices), strict=True):
        found.append(torch.from_numpy(np.where((matrix == 0).all(axis=1), -1, first)))
    representatives = {}
    for name, stacked in weights.items():
        own, found = found[: len(stacked)], found[len(stacked) :]
        representatives[name] = torch.stack(own).to(stacked.device)
    return Pattern(representatives)


def _cluster_means(weights: Tensor, representatives: Tensor) -> Tensor:
    """Each row (K, R, …) replaced by the mean of its cluster; zero rows stay among themselves."""
    own = torch.arange(representatives.shape[1], device=representatives.device)
    index = torch.where(representatives < 0, own, representatives)
    counts = torch.zeros_like(index).scatter_add_(1, index, torch.ones_like(index))
    trailing = [1] * (weights.dim() - 2)
    spread = index.reshape([*index.shape, *trailing]).expand_as(weights)
    # Taken from the first row of the cluster, so that the mean of equal rows is that row, exactly.
    first = weights.gather(1, spread)
    sums = torch.zeros_like(weights).scatter_add_(1, spread, weights - first)
    sums /= counts.clamp(min=1).reshape([*counts.shape, *trailing])
    return first + sums.gather(1, spread)


def zero_rows(weights: Tensor) -> Tensor:
    """Which rows (K, R) of stacked weights (K, out, R, …) hold zeros alone."""
    others = tuple(axis for axis in range(1, weights.dim()) if axis != 2)
    return (weights == 0).all(dim=others)


def zero_row_counts(layers: Sequence[Tensor]) -> Tensor:
    """How many rows (K,) of stacked layers' weights hold zeros alone."""
    return torch.stack([zero_rows(weights.detach()).sum(dim=1) for weights in layers]).sum(dim=0)

"""One network for all weights of a front: the weights are an input."""

import torch
from torch import Tensor, nn

from paretocli.core.as_used import AsUsed
from paretocli.exporting.fronts.front_points import SolvedFront
from paretocli.exporting.fronts.front_tensors import Affine, FrontTensors
from paretocli.population.binding import bound

LEAST = 1e-8  # of a squared distance in weights: within it a point counts alone


class FrontNetwork(nn.Module):
    """The network of any weights: weights and raw inputs in, the tasks' outputs out.

    What each point has its own of, as batch norm's statistics, is that of a point at its weights,
    and between the points a mean, in which each counts by d⁻⁴ of its distance d in weights
    (Shepard's interpolation).

    Args:
        front: The solved points.
        tensors: Theirs.

    Attributes:
        names: Of the tasks that have outputs of their own.
        whole_inputs: How many of the inputs are no batches: the weights, which come first.
    """

    whole_inputs = 1

    def __init__(self, front: SolvedFront, tensors: FrontTensors) -> None:
        super().__init__()
        used = AsUsed(front.problem, front.network).eval()
        # No submodule: its own numbers are not to be written.
        self._used = (used,)
        self.names = used.names
        self._parts: dict[str, tuple[str, Affine | None]] = {}
        self.register_buffer("places", front.weights.float())
        affine = {f"network.{name}": one for name, one in tensors.affine.items()}
        tables = {f"network.{name}": table for name, table in tensors.tables.items()}
        others = dict((*used.named_parameters(), *used.named_buffers()))
        for number, (name, tensor) in enumerate(others.items()):
            flat = f"tensor_{number}"
            one = affine.get(name, None if name in tables else Affine(tensor.detach()))
            self._parts[name] = (flat, one)
            if one is None:
                self.register_buffer(flat, tables[name].clone())
                continue
            self.register_buffer(flat, one.base.clone())
            if one.differences is not None:
                self.register_buffer(f"{flat}_differences", one.differences.clone())
            if one.factors is not None:
                for part, factor in zip(("up", "down"), one.factors, strict=True):
                    self.register_buffer(f"{flat}_{part}", factor.clone())
                rows = [place for place, rank in enumerate(one.ranks) for _ in range(rank)]
                self.register_buffer(f"{flat}_rows", torch.tensor(rows, dtype=torch.int64))

    def forward(self, *given: Tensor) -> tuple[Tensor, ...]:
        """The outputs' tensors (B, …).

        Args:
            given: The weights (m,), not negative, of which only the ratios count; then the tensors
                (B, …) of the inputs as the data holds them.
        """
        weights, *tensors = given
        shares = weights / weights.sum()
        near = self._near(shares)
        own = {name: self._tensor(*part, shares, near) for name, part in self._parts.items()}
        found: tuple[Tensor, ...] = bound(self._used[0], own)(*tensors)
        return found

    def _near(self, shares: Tensor) -> Tensor:
        """How much each point counts (K,)."""
        squares = (self.get_buffer("places") - shares).square().sum(dim=1)
        # Not by adding a small number, which those who simplify graphs take for nothing.
        near = squares.clamp(min=LEAST).square().reciprocal()
        return near / near.sum()

    def _tensor(self, flat: str, one: Affine | None, shares: Tensor, near: Tensor) -> Tensor:
        own = self.get_buffer(flat)
        if one is None:
            return _combined(near, own)
        if one.differences is not None:
            return own + _combined(shares[:-1], self.get_buffer(f"{flat}_differences"))
        if one.factors is not None:
            of_each = shares[self.get_buffer(f"{flat}_rows")].to(own.dtype)
            up, down = self.get_buffer(f"{flat}_up"), self.get_buffer(f"{flat}_down")
            return own + ((up * of_each) @ down).reshape(own.shape)
        return own


def _combined(shares: Tensor, tensors: Tensor) -> Tensor:
    """Σ_k s_k t_k of tensors (K, …)."""
    return (shares.to(tensors.dtype) @ tensors.reshape(len(tensors), -1)).reshape(tensors.shape[1:])

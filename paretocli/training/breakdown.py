"""When losses first were no numbers, of which tasks, and what they did before."""

from collections.abc import Sequence

import torch
from torch import Tensor

GROWN = 2.0  # times its first value: a loss that has left where it started


class Breakdown:
    """Looks through the losses of each epoch's steps; all tensors have K on the leading axis.

    Args:
        size: K.
        objectives: m, auxiliary losses among them, which come last.
        together: Whether they are one set, which has failed where one of them has.

    Attributes:
        step: The step of its epoch, from 1, in which a loss first was not finite (K,); 0 if none.
        losses: Which ones were not finite then (K, m), or on held-out data where no step is known.
        overflowed: Whose gradients overflowed half precision however small their scale (K,).
        grew: Whether one had grown in the step before to more than twice its first value (K,).
        with_others: Who has failed for no other reason than that another of its set has (K,).
    """

    def __init__(self, size: int, objectives: int, *, together: bool = False) -> None:
        self._together = together
        self.with_others = torch.zeros(size, dtype=torch.bool)
        self.step = torch.zeros(size, dtype=torch.int64)
        self.losses = torch.zeros(size, objectives, dtype=torch.bool)
        self.grew = torch.zeros(size, dtype=torch.bool)
        self.overflowed = torch.zeros(size, dtype=torch.bool)
        self._first = torch.full((size, objectives), torch.nan)
        self._last = torch.full((size, objectives), torch.nan)

    def observe(self, losses: Tensor) -> None:
        """Take up the objectives (T, K, m) of an epoch's steps."""
        losses = losses.detach().cpu().float()
        self._first = torch.where(self._first.isnan(), losses[0], self._first)
        broken = ~losses.isfinite().all(dim=2)
        new = broken.any(dim=0) & ~self.losses.any(dim=1)
        step, members = broken.int().argmax(dim=0), torch.arange(losses.shape[1])
        before = torch.where((step > 0).unsqueeze(1), losses[step - 1, members], self._last)
        # Of a first loss of 0 or below nothing is said.
        grew = ((before > GROWN * self._first) & (self._first > 0)).any(dim=1)
        self.step = torch.where(new, step + 1, self.step)
        self.grew = torch.where(new, grew, self.grew)
        self.losses |= new.unsqueeze(1) & ~losses[step, members].isfinite()
        self._last = losses[-1]

    def failed(self, figures: Sequence[Tensor], finite: Tensor, exhausted: Tensor | None) -> Tensor:
        """Who has failed by the end of an epoch (K,): takes up what is not finite.

        Args:
            figures: Losses (K, m), of each split that decides it.
            finite: Whose parameters are (K,).
            exhausted: As for `without_overflow`.
        """
        for losses in figures:
            finite = finite & losses.isfinite().all(dim=1)
        failed = ~self.without_overflow(finite, exhausted).cpu()
        for losses in figures:
            self.observe_held_out(losses, failed)
        if self._together and failed.any():
            self.with_others = ~failed
            failed = torch.ones_like(failed)
        return failed

    def observe_held_out(self, losses: Tensor, failed: Tensor) -> None:
        """Take up objectives (K, …) on held-out data, of those (K,) that have failed on it."""
        new = failed.cpu() & ~self.losses.any(dim=1)
        self.losses[:, : losses.shape[1]] |= new.unsqueeze(1) & ~losses.cpu().isfinite()

    def without_overflow(self, healthy: Tensor, exhausted: Tensor | None) -> Tensor:
        """Who is healthy (K,) and has gradients that half precision can hold.

        Args:
            healthy: Whose numbers are finite (K,).
            exhausted: Whose gradients overflow however small their scale (K,), None for nobody.
        """
        if exhausted is None:
            return healthy
        self.overflowed |= (exhausted & healthy).cpu() & ~self.losses.any(dim=1)
        return healthy & ~exhausted

    def state_dict(self) -> dict[str, Tensor]:
        """All that is needed to go on."""
        return {
            "step": self.step,
            "losses": self.losses,
            "grew": self.grew,
            "first": self._first,
            "last": self._last,
            "overflowed": self.overflowed,
            **({"with_others": self.with_others} if self._together else {}),
        }

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Take up a state given by `state_dict`; an older one has none."""
        for name, tensor in self.state_dict().items():
            if name in state:
                tensor.copy_(state[name])

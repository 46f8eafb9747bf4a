"""The epochs of each subproblem that none of its others beats, beside its best one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

PATTERN = "pattern."


@dataclass(frozen=True, eq=False)
class KeptEpoch:
    """A network on its way.

    Attributes:
        epoch: After which one, from 1.
        losses: Of all objectives on the validation data (m,).
        tensors: The network and the solver's state, as `training.best` names them, and the rows
            that stand for its rows, where some are zero or tied; on the CPU.
    """

    epoch: int
    losses: tuple[float, ...]
    tensors: dict[str, Tensor]


class KeptEpochs:
    """Keeps, for each of K subproblems, epochs that do not dominate each other.

    No more than `most` and the best one: of more, one of the two that lie closest together is left
    out, so that those that stay are spread over all that was passed through.

    Args:
        size: K.
        most: How many of each subproblem are kept beside the best one.
    """

    def __init__(self, size: int, most: int) -> None:
        self._most = most
        self._kept: list[list[KeptEpoch]] = [[] for _ in range(size)]

    def update(
        self,
        losses: Tensor,
        epochs: Tensor,
        tensors: Mapping[str, Tensor],
        best: Tensor,
        sound: Tensor,
    ) -> None:
        """Take up an epoch of those subproblems of which none before it is as good or better.

        Args:
            losses: On the validation data (K, m).
            epochs: Its number for each (K,).
            tensors: What makes up its state, K leading.
            best: The best epoch of each by now (K,), which stays.
            sound: Who has not failed (K,).
        """
        rows, chosen = losses.detach().cpu().double().numpy(), best.tolist()
        numbers = epochs.tolist()
        for member in sound.nonzero().flatten().tolist():
            row, known = rows[member], self._kept[member]
            table = np.array([one.losses for one in known]).reshape(len(known), len(row))
            if (table <= row).all(axis=1).any():
                continue
            stays = ~(row <= table).all(axis=1)
            there = [one for one, stay in zip(known, stays, strict=True) if stay]
            copies = {name: t.detach()[member].cpu().clone() for name, t in tensors.items()}
            there.append(KeptEpoch(numbers[member], tuple(row.tolist()), copies))
            self._kept[member] = _thinned(there, self._most, chosen[member])

    def beside(
        self, best: Tensor, pattern: Mapping[str, Tensor]
    ) -> tuple[tuple[KeptEpoch, ...], ...]:
        """Those of each subproblem without its best epoch, in order.

        Args:
            best: That (K,).
            pattern: Of each layer the rows that stand for its rows (K, R), in all that are kept;
                nothing without zero rows and ties.
        """
        return tuple(
            tuple(_within(one, pattern, member) for one in known if one.epoch != chosen)
            for member, (known, chosen) in enumerate(zip(self._kept, best.tolist(), strict=True))
        )

    def state_dict(self) -> list[list[dict[str, Any]]]:
        """The state, for a checkpoint."""
        return [[{**vars(one), "losses": list(one.losses)} for one in own] for own in self._kept]

    def load_state_dict(self, state: Sequence[Sequence[Mapping[str, Any]]], like: Any) -> None:
        """Take up a state given by `state_dict`.

        Args:
            state: The state.
            like: Tensors of all subproblems by name, K leading, to whose shapes it has to fit.

        Raises:
            ValueError: It is none of so many subproblems, or of other networks.
        """
        shapes = {name: tensor.shape[1:] for name, tensor in like.items()}
        if len(state) != len(self._kept):
            raise ValueError(f"There are kept epochs of {len(state)} subproblems.")
        for own in state:
            for one in own:
                if {name: tensor.shape for name, tensor in one["tensors"].items()} != shapes:
                    raise ValueError("A kept epoch is of another network.")
        self._kept = [
            [
                KeptEpoch(
                    int(one["epoch"]),
                    tuple(map(float, one["losses"])),
                    {name: tensor.cpu() for name, tensor in one["tensors"].items()},
                )
                for one in own
            ]
            for own in state
        ]


def _thinned(known: list[KeptEpoch], most: int, best: int) -> list[KeptEpoch]:
    """Without the one that says least, where there are more than `most` beside the best epoch."""
    free = [place for place, one in enumerate(known) if one.epoch != best]
    if len(free) <= most:
        return known
    dropped = _most_crowded(np.array([one.losses for one in known]), free)
    return [one for place, one in enumerate(known) if place != dropped]


def _most_crowded(losses: npt.NDArray[np.float64], free: Sequence[int]) -> int:
    """Which of some rows lies closest to others (N, m), each column over its range.

    Of two that are as close, the one with the nearer second neighbour, or the earlier one; the best
    row in a column is an end of what is kept, and stays while there are others.
    """
    size = np.ptp(losses, axis=0)
    scaled = losses / np.where(size > 0, size, 1)
    distances = np.linalg.norm(scaled[:, None] - scaled[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    nearest = np.sort(distances, axis=1)[:, :2].tolist()
    ends = set(losses.argmin(axis=0).tolist())
    between = [place for place in free if place not in ends]
    return min(between or free, key=lambda place: (*nearest[place], place))


def _within(kept: KeptEpoch, pattern: Mapping[str, Tensor], member: int) -> KeptEpoch:
    rows = {f"{PATTERN}{name}": row[member].cpu().clone() for name, row in pattern.items()}
    return replace(kept, tensors={**kept.tensors, **rows})

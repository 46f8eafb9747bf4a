"""Parts of a population as a whole: their training states, reports and outcomes, K leading."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.utils._pytree import tree_map

from paretocli.population.branching import EACH, branched
from paretocli.training.breakdown import Breakdown
from paretocli.training.reports import EpochReport, Outcome

HOST = torch.device("cpu")
R = TypeVar("R", EpochReport, Outcome)


def on(device: torch.device, state: Any) -> Any:
    """A state with all of its tensors on a device."""
    return tree_map(lambda one: one.to(device) if isinstance(one, Tensor) else one, state)


def joined_states(states: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The state of a trainer of all subproblems, from those of trainers of some each.

    What these have in common is that of the first; epochs of single networks are added up.
    """
    bests = [dict(state["best"]) for state in states]
    kept = [one for best in bests for one in best.pop("kept", [])]
    others = [{**state, "best": best} for state, best in zip(states, bests, strict=True)]
    ended = [state["phases"]["standstill"] for state in states]
    for other, own in zip(others, _with_copies(ended), strict=True):
        other["phases"] = {**other["phases"], "standstill": own}
    found: dict[str, Any] = _joined(others)
    if kept:
        found["best"]["kept"] = kept
    return {**found, "subproblem_epochs": sum(state["subproblem_epochs"] for state in states)}


def part_of_state(state: Mapping[str, Any], members: Sequence[int], *, first: bool) -> Any:
    """The state of a trainer of some of the subproblems, from that of a trainer of all.

    Args:
        state: Of all.
        members: Whose part it is to be.
        first: Whether the epochs of single networks are to count in it.
    """
    best = dict(state["best"])
    kept = best.pop("kept", None)
    found = branched({**state, "best": best}, torch.tensor(members))
    # Optimisers count their steps in the very tensor that they are given.
    found = tree_map(lambda one: one.clone() if isinstance(one, Tensor) else one, found)
    if kept is not None:
        found["best"]["kept"] = [kept[member] for member in members]
    return {**found, "subproblem_epochs": state["subproblem_epochs"] if first else 0}


def joined_reports(parts: Sequence[R], **known: Any) -> R:
    """The report on all subproblems, or their outcome, from those of some each.

    Args:
        parts: In the order of the subproblems.
        known: Fields that do not follow from the parts.
    """
    found = {
        entry.name: known[entry.name]
        if entry.name in known
        else _joined_field([getattr(part, entry.name) for part in parts])
        for entry in dataclasses.fields(parts[0])
    }
    return dataclasses.replace(parts[0], **found)


def joined_breakdowns(parts: Sequence[Breakdown]) -> Breakdown:
    """When the losses of all subproblems first were not finite."""
    found = Breakdown(sum(len(part.step) for part in parts), parts[0].losses.shape[1])
    found.load_state_dict(_joined([part.state_dict() for part in parts]))
    return found


def _with_copies(standstills: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Who has ended has copies; where others have, zeros, which nobody asks for, stand for them."""
    like: Mapping[str, Tensor] = next((one["kept"] for one in standstills if one["kept"]), {})

    def nothing(size: int) -> dict[str, Tensor]:
        return {name: t.new_zeros((size, *t.shape[1:])) for name, t in like.items()}

    return [{**one, "kept": one["kept"] or nothing(len(one["value"]))} for one in standstills]


def _joined_field(values: list[Any]) -> Any:
    if isinstance(values[0], Breakdown):
        return joined_breakdowns(values)
    if isinstance(values[0], tuple) and all(isinstance(one, tuple) for one in values[0]):
        return tuple(one for value in values for one in value)  # kept epochs, one tuple each
    return _joined(values)


def _joined(values: Sequence[Any]) -> Any:
    """Tensors one after the other, in dictionaries and lists too; of what is alike, the first."""
    first = values[0]
    if isinstance(first, Tensor):
        return torch.cat(list(values)) if first.dim() else first
    if isinstance(first, Mapping):
        return {
            name: [one for value in values for one in value[name]]
            if name == EACH
            else _joined([value[name] for value in values])
            for name in first
        }
    if isinstance(first, list | tuple):
        return type(first)(_joined(each) for each in zip(*values, strict=True))
    return first

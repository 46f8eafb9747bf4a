"""What a solved point leaves for those that start from it: where its search ended.

After a search with sparsity rows are tied and trained on, which no search would undo: so the
networks before that are kept, beside the points. Where there is no such second phase the point's
own network is what others start from, and only the solver's state is kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from safetensors.torch import load, save
from torch import Tensor

from paretocli.run_directory.rounds import Row
from paretocli.training.best import NETWORK, SOLVER
from paretocli.training.retrained import Retrained
from paretocli.training.search_end import begin_with
from paretocli.training.trainer import Trainer

Stack = dict[str, Tensor]


@dataclass(frozen=True)
class Start:
    """A solved point that another one starts from.

    Attributes:
        point: Its number.
        weights: Its weights, one an objective.
        network: The content of its network's file.
        search: The content of the file of its search's end, empty where none was kept.
    """

    point: int
    weights: Row
    network: bytes
    search: bytes


def search_file(search_end: Mapping[str, Tensor], member: int, point: int, *, whole: bool) -> bytes:
    """A file of where the search of one member of a population ended.

    Args:
        search_end: As `Outcome` has it, K leading.
        member: Its place.
        point: Its number, for the file.
        whole: Whether the network is to be in it, or is what the point's own file holds.
    """
    kept = {
        name: tensor[member].cpu().clone(memory_format=torch.contiguous_format)
        for name, tensor in search_end.items()
        if whole or name.startswith(SOLVER)
    }
    return save(kept, metadata={"paretocli": f"search of point {point}"})


def searched_network(search: bytes, names: Mapping[str, str]) -> dict[str, Tensor]:
    """The network of a file of where a search ended; empty where the point's own file holds it.

    Args:
        search: The file.
        names: Of the network's tensors in a population, by their names in a point's file.
    """
    found = load(search)
    whole = all(f"{NETWORK}{own}" in found for own in names.values())
    return {name: found[f"{NETWORK}{own}"] for name, own in names.items()} if whole else {}


def begin(trainer: Trainer, starts: Sequence[Start | None], names: Mapping[str, str]) -> None:
    """Have those members of a trainer's population that have a start begin with it.

    Args:
        trainer: Not begun yet.
        starts: Of each member, None for one that starts from scratch.
        names: Of the network's tensors in a population, by their names in a point's file.
    """
    population, solver = trainer.population, trainer.solver
    own = {f"{NETWORK}{name}": t for name, t in population.state_dict().items()}
    own |= {f"{SOLVER}{name}": t for name, t in solver.state_dict().items()}
    whole = {name: tensor.detach().clone() for name, tensor in own.items()}
    weights = solver.scalarization.weights
    before = weights.clone()
    for member, start in enumerate(starts):
        if start is None:
            continue
        for name, tensor in _tensors(start, names).items():
            if name in whole:
                whole[name][member] = tensor.to(whole[name])
        before[member] = weights.new_tensor(start.weights)
    begin_with(whole, weights / before, population, solver)
    limit = trainer.settings.size_limit
    if limit is not None:
        limit.retrained = _retrained(starts, names, population.state_dict())


def _retrained(
    starts: Sequence[Start | None], names: Mapping[str, str], own: Mapping[str, Tensor]
) -> Retrained:
    """The networks of starts as a population's (K, …), and who has one."""
    # What serves training alone, such as adaptors to teachers, is in no file, and goes on.
    found = {name: own[name].detach().clone() for name in names.values()}
    for member, start in enumerate(starts):
        for name, tensor in load(start.network).items() if start is not None else ():
            if name in names:
                found[names[name]][member] = tensor.to(found[names[name]])
    return Retrained(found, torch.tensor([start is not None for start in starts]))


def _tensors(start: Start, names: Mapping[str, str]) -> Stack:
    """The network, over it what the search's file has of it, and the solver's state."""
    found = {f"{NETWORK}{names[n]}": t for n, t in load(start.network).items() if n in names}
    return found | (load(start.search) if start.search else {})

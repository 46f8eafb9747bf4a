"""Which optimiser a hook makes, and of which settings for which parameters.

A hook is asked for one network's parameters. What it gives tells its class and its groups; with
these all K networks are stepped at once where the class is known to work element by element, and
each by an optimiser of its own where it is not: nothing passes from one network to another.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from torch import Tensor
from torch.optim import (
    ASGD,
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    NAdam,
    Optimizer,
    RAdam,
    RMSprop,
)

from paretocli.core.problem import OptimizerHook

# What they do to a number depends on that number, its gradients and the count of steps alone. A
# class that is derived from one of them may do anything.
ELEMENTWISE: frozenset[type[Optimizer]] = frozenset(
    [ASGD, SGD, Adadelta, Adagrad, Adam, Adamax, AdamW, NAdam, RAdam, RMSprop]
)

NOT_SETTINGS = ("params", "param_names", "lr")


@dataclass(frozen=True)
class Group:
    """Parameters with the same settings of an optimiser.

    Attributes:
        names: Theirs.
        settings: As torch's groups have them, but for the learning rate.
        factor: What the learning rate is multiplied by.
    """

    names: tuple[str, ...]
    settings: Mapping[str, Any]
    factor: float

    def with_parameters(self, parameters: Mapping[str, Tensor], lr: float) -> dict[str, Any]:
        """It as torch's optimisers take it."""
        own = [parameters[name] for name in self.names]
        return {**self.settings, "params": own, "lr": lr * self.factor}


@dataclass(frozen=True)
class Recipe:
    """What a hook makes.

    Attributes:
        hook: It.
        kind: The class of its optimisers.
        groups: Their groups.
        lr, weight_decay: What it was told.
    """

    hook: OptimizerHook
    kind: type[Optimizer]
    groups: tuple[Group, ...]
    lr: float
    weight_decay: float

    @property
    def stackable(self) -> bool:
        """Whether an optimiser of its class may step all networks at once."""
        return self.kind in ELEMENTWISE

    def factors(self, factors: Mapping[str, float]) -> dict[str, float]:
        """What the learning rate of each parameter is multiplied by, by the hook and by others.

        Args:
            factors: Those of others, 1 for parameters that are left out.
        """
        return {n: group.factor * factors.get(n, 1.0) for group in self.groups for n in group.names}

    def grouped(
        self, names: Iterable[str], factors: Mapping[str, float], undecayed: Iterable[str]
    ) -> tuple[Group, ...]:
        """The groups of some parameters, in the order of their first ones.

        Args:
            names: Of the parameters.
            factors: Of the learning rate, as `factors` gives them.
            undecayed: The names of those without weight decay.
        """
        without = frozenset(undecayed)
        found: dict[tuple[str, float, bool], list[str]] = {}
        for name in names:
            # What looks alike is alike, whichever group it comes from.
            key = (repr(self._settings[name]), factors.get(name, 1.0), name in without)
            found.setdefault(key, []).append(name)
        return tuple(
            Group(tuple(own), self._settings[own[0]] | ({"weight_decay": 0.0} if bare else {}), f)
            for (_, f, bare), own in found.items()
        )

    def stacked(self, parameters: Mapping[str, Tensor], groups: Sequence[Group]) -> Optimizer:
        """One optimiser of stacked parameters (K, …)."""
        make: Any = self.kind
        made: Optimizer = make([group.with_parameters(parameters, self.lr) for group in groups])
        return made

    def alone(self, parameters: Mapping[str, Tensor], groups: Sequence[Group]) -> Optimizer:
        """The hook's own optimiser of one network.

        Args:
            parameters: All of its parameters, without K.
            groups: Those that it is to step, and how.
        """
        optimizer = self.hook(list(parameters.items()), lr=self.lr, weight_decay=self.weight_decay)
        optimizer.param_groups[:] = [group.with_parameters(parameters, self.lr) for group in groups]
        return optimizer

    @cached_property
    def _settings(self) -> dict[str, dict[str, Any]]:
        return {name: dict(group.settings) for group in self.groups for name in group.names}


def recipe_of(
    hook: OptimizerHook, parameters: Mapping[str, Tensor], *, lr: float, weight_decay: float
) -> Recipe:
    """Ask a hook.

    Args:
        hook: It.
        parameters: Those of one network by name, leaves without K.
        lr: The learning rate.
        weight_decay: The weight decay.
    """
    optimizer = hook(list(parameters.items()), lr=lr, weight_decay=weight_decay)
    names = {id(parameter): name for name, parameter in parameters.items()}
    groups = tuple(
        Group(
            tuple(names[id(parameter)] for parameter in group["params"]),
            {name: value for name, value in group.items() if name not in NOT_SETTINGS},
            float(group["lr"]) / lr,
        )
        for group in optimizer.param_groups
    )
    return Recipe(hook, type(optimizer), groups, lr, weight_decay)

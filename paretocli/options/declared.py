"""All options of a sweep: every panel's, and those that solvers and transfer rules take."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache, partial
from itertools import chain
from typing import Any, Protocol, TypeVar

from paretocli.errors import InputError
from paretocli.option import UNSET, Option, as_stored, options_of, settled_before
from paretocli.options import (
    distillation,
    keeping,
    machine,
    optimisation,
    output,
    sparsity,
    start,
    tables,
    training,
    transfer,
    warm,
    weights,
)
from paretocli.population.transfer import TRANSFERS
from paretocli.registries import Registry
from paretocli.solvers.registry import SOLVERS


class Method(Protocol):
    """A solver or a transfer rule: what may have options of its own."""

    @property
    def declared(self) -> tuple[Option, ...]:
        """The options that it takes heed of."""


M = TypeVar("M", bound=Method)


@cache
def declared(*, single: bool = False) -> Mapping[str, Option]:
    """Every option by name, in the order of the help; `single` leaves out what `train` has not."""
    own: list[Iterable[Option]] = [
        weights.weight_options(single=single),
        options_of(training.TrainingOptions, training.PANEL),
        options_of(tables.TableOptions, tables.PANEL),
        _owned(SOLVERS, SOLVERS.own.values()),
        options_of(start.StartOptions, start.PANEL),
        options_of(optimisation.OptimisationOptions, optimisation.PANEL),
        options_of(sparsity.SparsityOptions, sparsity.PANEL),
        options_of(distillation.DistillationOptions, distillation.PANEL),
        options_of(transfer.TransferOptions, transfer.PANEL),
        _of_several(_owned(TRANSFERS, TRANSFERS.own.values())),
        options_of(warm.WarmOptions, warm.PANEL),
        options_of(keeping.KeepOptions, keeping.PANEL),
        options_of(machine.MachineOptions, machine.PANEL),
        options_of(output.OutputOptions, output.PANEL),
    ]
    # Last, so that no package takes a name from the program; the help has them in their panels.
    packages = [
        _owned(SOLVERS, SOLVERS.sound.values()),
        _of_several(_owned(TRANSFERS, TRANSFERS.sound.values())),
    ]
    found: dict[str, Option] = {}
    for one in chain.from_iterable([*own, *packages]):
        if one.single or not single:
            found.setdefault(one.name, one)
    return found


def defaults() -> dict[str, Any]:
    """What holds where neither the user nor the problem says otherwise."""
    return {name: one.default for name, one in declared().items() if one.default is not UNSET}


def meant_before() -> dict[str, Any]:
    """What older sweeps meant by options that they do not name, as it stands in `sweep.json`."""
    known = {name: one.before for name, one in declared().items() if one.before is not UNSET}
    known |= settled_before(start.StartOptions) | settled_before(sparsity.SparsityOptions)
    return {name: as_stored(before) for name, before in known.items()}


def check_ranges(values: Mapping[str, Any]) -> None:
    """Refuse a value that is out of its option's range.

    Raises:
        InputError: There is one.
    """
    for name, one in declared().items():
        # How weights are asked for is checked with them.
        if name in values:
            one.check(values[name])


def why_idle(name: str, config: Mapping[str, Any]) -> str:
    """Why an option has no effect on a sweep, such as "without sparsity"; empty where it has.

    Args:
        name: Of a field of its identity.
        config: The identity; it may lack fields, or be one of another version.
    """
    one = declared().get(name)
    return "" if one is None or one.idle is None else one.idle(config)


def taken_by(registry: Registry[M], name: str) -> tuple[Option, ...]:
    """The options of the program's own methods, and those of the one of some name.

    Raises:
        InputError: It declares one that there is already.
    """
    chosen = registry[name].declared
    own = {one.name: one for one in _owned(registry, registry.own.values())}
    if name not in registry.own:
        others = declared()
        for one in chosen:
            if one.name in others and not _same(one, others[one.name]):
                raise InputError(
                    f"The {registry.kind} {name} declares the option {one.name}, which there is "
                    "already; its package should give it another name."
                )
    return tuple({**own, **{one.name: one for one in chosen}}.values())


def _of_several(options: Iterable[Option]) -> list[Option]:
    """Options that say nothing to a single point."""
    return [replace(one, single=False) for one in options]


def _owned(registry: Registry[M], methods: Iterable[M]) -> list[Option]:
    """The options of methods; where two give one name to different ones, the first one's."""
    found: dict[str, Option] = {}
    for method in methods:
        for one in method.declared:
            found.setdefault(one.name, replace(one, idle=partial(_taken_by_others, registry, one)))
    return list(found.values())


def _same(one: Option, other: Option) -> bool:
    return replace(one, idle=None, single=True) == replace(other, idle=None, single=True)


def _taken_by_others(registry: Registry[M], one: Option, config: Mapping[str, Any]) -> str:
    chosen = registry.sound.get(config.get(registry.kind, ""))
    if chosen is None or one.name in {taken.name for taken in chosen.declared}:
        return ""
    return f"with --{registry.kind} {config[registry.kind]}"

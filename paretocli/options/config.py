"""The configuration of a sweep: every value set, checked and hashed."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, get_args, get_type_hints

from paretocli.option import as_stored, as_tuples, kind_of
from paretocli.options.declared import check_ranges, defaults, taken_by
from paretocli.options.distillation import DistillationOptions
from paretocli.options.keeping import KeepOptions
from paretocli.options.machine import MachineOptions
from paretocli.options.optimisation import OptimisationOptions
from paretocli.options.output import OutputOptions
from paretocli.options.sparsity import SparsityOptions
from paretocli.options.start import StartOptions
from paretocli.options.tables import TableOptions
from paretocli.options.training import TrainingOptions
from paretocli.options.transfer import TransferOptions
from paretocli.options.warm import WarmOptions
from paretocli.population.transfer import TRANSFERS
from paretocli.registries import Registry
from paretocli.solvers.registry import SOLVERS

_OWNERS: Mapping[str, Registry[Any]] = {"solver_options": SOLVERS, "transfer_options": TRANSFERS}


@dataclass(frozen=True, kw_only=True)
class SweepConfig(
    OutputOptions,
    MachineOptions,
    KeepOptions,
    WarmOptions,
    TransferOptions,
    DistillationOptions,
    SparsityOptions,
    OptimisationOptions,
    TableOptions,
    StartOptions,
    TrainingOptions,
):
    """A sweep, resolved: every value is set, and what is left is to run it.

    Each field is either *identity*, which changes results, or *runtime*, which does not.

    Attributes:
        solver_options: The values of what solvers may be told, by name, flat in the identity.
        transfer_options: The same of transfer rules.
    """

    solver_options: Mapping[str, Any] = field(metadata={"kind": "owned"})
    transfer_options: Mapping[str, Any] = field(metadata={"kind": "owned"})

    def __post_init__(self) -> None:
        check_ranges(self._values())

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "SweepConfig":
        """The configuration with these values, those of solvers and transfer rules among them.

        Raises:
            InputError: A value is out of its range.
        """
        own = {entry.name: values[entry.name] for entry in fields(cls) if entry.name in values}
        for name, registry in _OWNERS.items():
            taken = taken_by(registry, values[registry.kind])
            own[name] = {one.name: values[one.name] for one in taken}
        return cls(**own)

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> "SweepConfig":
        """The configuration that `sweep.json` holds, from its fields of both kinds.

        Raises:
            InputError: A value is out of its range.
            KeyError: A field is missing that has no default.
        """
        types = get_type_hints(cls)
        values = {
            name: Path(value)
            if isinstance(value, str) and Path in (types.get(name), *get_args(types.get(name)))
            else as_tuples(value)
            for name, value in stored.items()
        }
        values = defaults() | values
        for entry in fields(cls):
            if entry.name not in values and entry.name not in _OWNERS:
                raise KeyError(entry.name)
        return cls.of(values)

    @property
    def total_epochs(self) -> int:
        """Epochs of a point, of both phases."""
        return self.epochs + self.retrain_epochs

    def of_kind(self, kind: str) -> dict[str, Any]:
        """The fields that are `identity` or `runtime`, as `sweep.json` holds them."""
        kinds = {entry.name: kind_of(entry) for entry in fields(self)}
        chosen = {n: v for n, v in self._values().items() if kinds.get(n, "identity") == kind}
        stored: dict[str, Any] = as_stored(chosen)
        return stored

    def digest(self) -> str:
        """Eight characters that name this configuration."""
        return digest_of(self.of_kind("identity"))

    def _values(self) -> dict[str, Any]:
        """Every value by name, those of solvers and transfer rules among them."""
        values: dict[str, Any] = {}
        for entry in dataclasses.fields(self):
            value = getattr(self, entry.name)
            values |= value if entry.name in _OWNERS else {entry.name: value}
        return values


def digest_of(identity: Mapping[str, Any]) -> str:
    """Eight characters that name the fields given."""
    text = json.dumps(identity, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]

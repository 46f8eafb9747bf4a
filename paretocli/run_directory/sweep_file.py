"""What a sweep is, as its run directory says it: `sweep.json`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, cast, overload

from paretocli.core.metric_names import Direction
from paretocli.errors import InputError
from paretocli.run_directory.files import DamagedError, read_object
from paretocli.run_directory.older_sweeps import as_meant
from paretocli.run_directory.rounds import Round, read_rounds
from paretocli.run_directory.sweep_content import SWEEP_CONTENT, Identity, Runtime, SweepContent

SWEEP_FILE = "sweep.json"

_GIVE = "give the run directory of a sweep"


@dataclass(frozen=True)
class SweepFile:
    """A sweep.

    Attributes:
        path: The run directory.
        config: Its identity: `problem`, `objectives`, `weights` and `seed`, and more where it is
            not written by hand; what older ones do not name is there as it was meant.
        checksums: Of the data of each split, and of the user's own code, if any.
        runtime: Settings that change no results.
        directions: The better directions of the metrics, as they were declared.
        unnamed: Those fields of its identity that it is too old to name.
        versions: Of the packages that it was begun with.
        imported: SHA-256 of the modules that the user's own code imported then, by file.
        rounds: Those after the first, in order.
    """

    path: Path
    config: Identity
    checksums: dict[str, str]
    runtime: Runtime
    directions: Mapping[str, Direction] = field(default_factory=dict)
    unnamed: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    imported: Mapping[str, str] = field(default_factory=dict)
    rounds: tuple[Round, ...] = ()

    @cached_property
    def weights(self) -> list[list[float]]:
        """Of all points, those of later rounds too."""
        found = list(self.config["weights"])
        for one in self.rounds:
            rows = zip(one.points, one.weights, strict=True)
            found += [list(row) for point, row in rows if point >= len(found)]
        return found

    @property
    def points(self) -> int:
        """How many points it has."""
        return len(self.weights)

    @cached_property
    def kept(self) -> dict[int, int]:
        """The points that are epochs of others, with these: they have no weights of their own."""
        found: dict[int, int] = {}
        for one in self.rounds:
            pairs = zip(one.points, one.parents, strict=True) if one.looked_at else ()
            found |= {point: parent for point, parent in pairs if parent is not None}
        return found

    @cached_property
    def held(self) -> set[int]:
        """The points that were, or are to be, held to a size."""
        return {point for one in self.rounds if one.limits for point in one.points}

    @property
    def own(self) -> list[int]:
        """The points that were, or are to be, solved for weights of their own."""
        return [point for point in range(self.points) if point not in self.kept]

    def round_of(self, point: int) -> int:
        """The number of a point's round."""
        return self._rounds_of_points.get(point, 0)

    @cached_property
    def _rounds_of_points(self) -> dict[int, int]:
        return {point: one.number for one in self.rounds for point in one.points}

    @overload
    def setting(self, name: Literal["epochs", "retrain_epochs", "stack"]) -> int: ...

    @overload
    def setting(self, name: Literal["network"]) -> str: ...

    @overload
    def setting(self, name: str) -> Any: ...

    def setting(self, name: str) -> Any:
        """A field of its identity.

        Raises:
            InputError: It is not there.
        """
        if name not in self.config:
            raise InputError(
                f"{self.path / SWEEP_FILE} is not of the form that this program writes (config, "
                f"{name} is missing); {_GIVE}."
            )
        return cast(Mapping[str, Any], self.config)[name]

    def epochs_of(self, number: int) -> int:
        """Epochs of each point of a round, of both phases."""
        if number:
            return self.rounds[number - 1].total_epochs
        return self.setting("epochs") + self.setting("retrain_epochs")


def read_sweep_file(directory: Path, advice: str = _GIVE) -> SweepFile:
    """Read what a run directory says of its sweep.

    Args:
        directory: The run directory.
        advice: How a sentence on a file that is none ends.

    Raises:
        InputError: There is none, or it is none of this program's.
    """
    path = directory / SWEEP_FILE
    try:
        found = cast(SweepContent | None, read_object(path, SWEEP_CONTENT))
    except DamagedError as error:
        raise InputError(
            f"{path} is not of the form that this program writes: it {error.reason}; {advice}."
        ) from None
    if found is None:
        raise InputError(f"{directory} holds no {SWEEP_FILE}; {_GIVE}.")
    said = found.get("directions", {})
    directions: dict[str, Direction] = {
        name: word for name, word in said.items() if word in ("higher", "lower")
    }
    config = cast(Identity, as_meant(found["config"]))
    return SweepFile(
        directory,
        config,
        found["data"],
        found.get("runtime", {}),
        directions,
        {name: value for name, value in config.items() if name not in found["config"]},
        found.get("versions", {}),
        found.get("imported", {}),
        read_rounds(directory, config["weights"]),
    )

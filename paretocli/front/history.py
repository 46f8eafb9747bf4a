"""Read how a sweep converged: its hypervolume after each epoch, and what that has cost."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from paretocli.errors import InputError
from paretocli.front.box import Box
from paretocli.front.run_files import Run, read_note, read_run

Array = npt.NDArray[np.float64]

HELD_OUT = ("val", "test")


@dataclass(frozen=True, eq=False)
class History(Run):
    """The epochs of one sweep.

    A shard whose points have all diverged ends early: from then on its losses are NaN, and what it
    has spent stays what it was.

    Attributes:
        losses: By split, (E, K, m): all points after each epoch that all shards have reached, but
            those that ended early.
        subproblem_epochs: Epochs of single networks spent until then (E,).
        seconds: Time spent until then (E,), in shards one after another.
    """

    losses: dict[str, Array]
    subproblem_epochs: Array
    seconds: Array

    def hypervolume(self, split: str, box: Box, *, exact: bool | None = None) -> Array:
        """The share of a box that the points dominate after each epoch (E,).

        Args:
            split: Of the losses.
            box: What is measured in.
            exact: As for `paretocli.front.indicators.hypervolume`.
        """
        return np.array([box.share(losses, exact=exact) for losses in self.losses[split]])


def read_history(path: Path) -> History:
    """Read a run directory.

    Raises:
        InputError: It is no run directory, not of the form that this program writes, or not all of
            its points have an epoch yet.
    """
    if not path.is_dir():
        raise InputError(f"{path} is not a directory; --history needs run directories of sweeps.")
    run = read_run(path)
    config = run.config
    shards = [_lines(file) for file in sorted((path / "history").glob("*.jsonl"))]
    points = {line["point"] for shard in shards for line in shard}
    missing = len(config["weights"]) - len(points)
    if missing:
        raise InputError(
            f"{path} is not finished: {missing} of {len(config['weights'])} points have no epoch "
            "yet; finish the sweep first, with the same command."
        )
    epochs = _common_epochs(shards, _failed_points(path))
    firsts = [{line["epoch"]: line for line in reversed(shard)} for shard in shards]
    return History(
        path=path,
        config=config,
        checksums=run.checksums,
        box=run.box,
        losses={split: _losses(shards, config, split, epochs) for split in HELD_OUT},
        subproblem_epochs=_summed(firsts, "subproblem_epochs", epochs),
        seconds=_summed(firsts, "seconds", epochs),
    )


def _failed_points(path: Path) -> set[int]:
    """The points that are recorded as failed."""
    records = (path / "points").glob("[0-9]*.json")
    return {int(file.stem) for file in records if read_note(file).get("status") == "failed"}


def _common_epochs(shards: list[list[dict[str, Any]]], failed: set[int]) -> int:
    """The epochs that all shards have reached; those whose points have all failed ended early."""
    reached = [
        (int(shard[-1]["epoch"]), {line["point"] for line in shard} <= failed) for shard in shards
    ]
    going_on = [epochs for epochs, ended in reached if not ended]
    return min(going_on) if going_on else max(epochs for epochs, _ in reached)


def _losses(
    shards: list[list[dict[str, Any]]], config: dict[str, Any], split: str, epochs: int
) -> Array:
    names = config["objectives"]
    losses = np.full((epochs, len(config["weights"]), len(names)), np.nan)
    for line in (line for shard in shards for line in shard):
        if line["epoch"] <= epochs:
            found = line["loss"][split]
            row = [np.nan if found[name] is None else found[name] for name in names]
            losses[line["epoch"] - 1, line["point"]] = row
    return losses


def _summed(firsts: list[dict[int, dict[str, Any]]], key: str, epochs: int) -> Array:
    """A running figure of the shards after each epoch (E,), summed over them."""
    return np.array(
        [
            sum(float(first[min(epoch, max(first))][key]) for first in firsts)
            for epoch in range(1, epochs + 1)
        ]
    )


def _lines(file: Path) -> list[dict[str, Any]]:
    lines = []
    for number, text in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            line = json.loads(text)
            for key in ("point", "epoch", "loss", "seconds", "subproblem_epochs"):
                line[key]
        except (ValueError, KeyError, TypeError):
            raise InputError(
                f"Line {number} of {file} is torn or of another version; run the sweep's command "
                "again, which mends it."
            ) from None
        lines.append(line)
    return lines

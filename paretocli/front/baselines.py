"""The baselines of run directories beside their fronts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from paretocli.errors import InputError
from paretocli.front.exchange import RESULTS_FILE
from paretocli.front.results import Results
from paretocli.front.standings import (
    WORDS,
    Array,
    Judged,
    Standing,
    alike,
    baseline_standing,
    figures_in,
    front_standing,
    judged,
    separate_standing,
    unbeaten,
)
from paretocli.run_directory.baselines import BaselinesNote, read_baselines
from paretocli.run_directory.files import DamagedError
from paretocli.run_directory.sweep_file import SWEEP_FILE, read_sweep_file

SEPARATE = "separate networks"


@dataclass(frozen=True, eq=False)
class Beside:
    """Fronts and baselines, by the same metrics.

    Attributes:
        by: What tasks are judged by.
        fronts: What each front, point or set of separate networks reaches.
        baselines: What they should beat.
        notes: What is to be known of the baselines, a sentence each.
    """

    by: Judged
    fronts: tuple[Standing, ...]
    baselines: tuple[Standing, ...]
    notes: tuple[str, ...] = ()

    def failures(self) -> list[tuple[Standing, Standing, list[int]]]:
        """Each front and baseline with the tasks in which the front does not beat it, if any."""
        found = [
            (front, baseline, unbeaten(front, baseline, self.by))
            for front in self.fronts
            for baseline in self.baselines
            if not baseline.of or front.name in baseline.of
        ]
        return [one for one in found if one[2]]

    def as_plain(self) -> dict[str, Any]:
        """The same for JSON, which knows no NaN."""
        rows = [*self.fronts, *self.baselines]
        return {
            "columns": [
                {"name": name, "task": task, "better": "higher" if higher else "lower"}
                for name, task, higher in zip(
                    self.by.columns, self.by.tasks, self.by.higher, strict=True
                )
            ],
            "rows": [
                {
                    "name": row.name or row.kind,
                    "kind": row.kind,
                    **{split: [_or_none(v) for v in row.on(split)] for split in ("val", "test")},
                }
                for row in rows
            ],
            "not_beaten": [
                {
                    "by": front.name or front.kind,
                    "baseline": baseline.name,
                    "tasks": [self.by.tasks[place] for place in places],
                }
                for front, baseline, places in self.failures()
            ],
            "notes": list(self.notes),
        }


def beside(results: Results) -> Beside | None:
    """A sweep's front and its baselines; None where there are none.

    Args:
        results: Its table; anybody else's has no baselines.
    """
    note, by = _stored_beside(results), judged([results])
    if note is None or by is None:
        return None
    own = standing_of({"solver": results.constant("solver")}, results, by)
    baselines = tuple(baseline_standing(one, by) for one in note["baselines"])
    return Beside(by, (own,), baselines, tuple(notes_of([note])))


def _stored_beside(results: Results) -> BaselinesNote | None:
    """The baselines of the run directory that a table is of; None where it is of none."""
    if results.path.name != RESULTS_FILE or not (results.path.parent / SWEEP_FILE).exists():
        return None
    try:
        sweep = read_sweep_file(results.path.parent)
        return stored(sweep.path, sweep.checksums)
    except InputError:  # whoever reads no more than a table can do so without
        return None


def stored(directory: Path, checksums: Mapping[str, str]) -> BaselinesNote | None:
    """The baselines that a run directory keeps, None where it keeps none of its data.

    Raises:
        InputError: The system does not let them be read.
    """
    try:
        note = read_baselines(directory, checksums)
    except DamagedError:  # the sweep's command writes them anew
        return None
    return note if note is not None and note["baselines"] else None


def figures_of_baselines(results: Sequence[Results], columns: Sequence[str]) -> dict[str, Array]:
    """The figures of baselines in some columns (m,), by what they are called.

    None where inputs have other ones, as of other data or weights of classes; and none without a
    figure of a column, as all are of sizes.

    Args:
        results: Tables, some of run directories.
        columns: Names of columns.
    """
    notes = [note for one in results if (note := _stored_beside(one)) is not None]
    found = [
        {WORDS[one["name"]]: figures_in(one, columns) for one in note["baselines"]}
        for note in notes
    ]
    return {
        name: values
        for name, values in (found[0] if found else {}).items()
        if np.isfinite(values).all()
        and all(name in one and alike(one[name], values) for one in found)
    }


def standing_of(
    config: Mapping[str, Any], results: Results, by: Judged, name: str = ""
) -> Standing:
    """What a sweep reaches in each task: its front's best, or a network for each.

    Args:
        config: Its identity.
        results: Its table.
        by: What tasks are judged by.
        name: Of its method, empty where there is but one.
    """
    if config.get("solver") == "single":
        return separate_standing(results, by, f"{SEPARATE} ({name})" if name else SEPARATE)
    return front_standing(results, by, name)


def notes_of(notes: Sequence[BaselinesNote]) -> list[str]:
    """What was left out or sampled, a sentence each, and once."""
    found: list[str] = []
    for note in notes:
        found += note["notes"]
        for one in note["baselines"]:
            if sampled := one.get("sampled"):
                rows, of = max(sampled.values(), key=lambda pair: pair[1])
                name = WORDS[one["name"]]
                found.append(f"The {name} saw {rows:,} of {of:,} training rows, taken at random.")
    return list(dict.fromkeys(found))


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)

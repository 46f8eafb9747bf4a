"""Baselines beside the fronts that are compared, and separate networks as one of them."""

from collections.abc import Iterator
from dataclasses import replace

from paretocli.front.baselines import Beside, notes_of, standing_of, stored
from paretocli.front.comparison import Comparison, Method
from paretocli.front.standings import (
    Judged,
    Standing,
    alike,
    baseline_standing,
    joint_size,
    judged,
    mean_standing,
)
from paretocli.run_directory.baselines import NAMES, BaselinesNote


def beside_all(found: Comparison) -> Beside | None:
    """What methods reach in each task beside the baselines that their run directories keep.

    The networks of `--solver single` are a baseline of all other methods. None where tasks have
    nothing in common to be judged by, or there is no baseline.

    Args:
        found: The methods; figures are means over their seeds and folds.
    """
    by = judged([one.sweep.results for one in found.sweeps])
    if by is None:
        return None
    own = [(method, _standing(method, by)) for method in found.methods]
    fronts = [one for _, one in own if one.kind != "separate"]
    separate = [(method, one) for method, one in own if one.kind == "separate"]
    notes = {method.name: _notes(method) for method in found.methods}
    baselines = [*_of_methods(notes, by), *(one for _, one in separate if fronts)]
    if not baselines:
        return None
    several = any(len(method.sweeps) > 1 for method in found.methods)
    words = [
        *([f"Figures are means over the {found.over}."] if several else []),
        *notes_of([note for some in notes.values() for note in some]),
        *(text for method, one in separate for text in _size_words(method, one)),
    ]
    rows = fronts or [one for _, one in separate]
    return Beside(by, tuple(rows), tuple(baselines), tuple(words))


def _standing(method: Method, by: Judged) -> Standing:
    sweeps = [one.sweep for one in method.sweeps]
    return mean_standing([standing_of(one.config, one.results, by, method.name) for one in sweeps])


def _notes(method: Method) -> list[BaselinesNote]:
    """Those of a method's sweeps, one a fold: seeds have the same data."""
    found: dict[object, BaselinesNote] = {}
    for one in method.sweeps:
        note = stored(one.sweep.path, one.sweep.checksums)
        if note is not None:
            found.setdefault(one.sweep.repetition.fold, note)
    return list(found.values())


def _of_methods(notes: dict[str, list[BaselinesNote]], by: Judged) -> Iterator[Standing]:
    """The baselines of each kind: one of all methods, or where losses differ, several."""
    for kind in NAMES:
        different: list[Standing] = []
        for method, some in notes.items():
            parts = [one for note in some for one in note["baselines"] if one["name"] == kind]
            if not parts:
                continue
            mine = mean_standing([baseline_standing(one, by) for one in parts])
            same = next((k for k, one in enumerate(different) if _same(one, mine)), None)
            if same is None:
                different.append(replace(mine, of=(method,)))
            else:
                different[same] = replace(different[same], of=(*different[same].of, method))
        if len(different) == 1:
            yield replace(different[0], of=())
        else:
            yield from (replace(one, name=f"{one.name} ({one.of[0]})") for one in different)


def _same(one: Standing, other: Standing) -> bool:
    return all(alike(one.on(split), other.on(split)) for split in ("val", "test"))


def _size_words(method: Method, own: Standing) -> Iterator[str]:
    """How large separate networks are together, where that is known."""
    sizes = [joint_size(one.sweep.results) for one in method.sweeps]
    if None in sizes:
        return
    largest = max(size for size in sizes if size is not None)
    yield f"The {own.name} have {largest:,} parameters together."

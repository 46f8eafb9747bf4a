"""What sweeps must have in common to be compared."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Literal

import numpy as np

from paretocli.errors import InputError
from paretocli.front.run_files import RunFiles

# The same figure in another order of summation, in single precision.
_TOLERANCE = 1e-5


def check_comparable(sweeps: Sequence[RunFiles]) -> None:
    """Refuse sweeps of different questions.

    Args:
        sweeps: At least one.

    Raises:
        InputError: The problem or the data of a split differ, which only folds may, or a sweep
            comes twice.
    """
    first = sweeps[0]
    for other in sweeps[1:]:
        if other.config["problem"] != first.config["problem"]:
            raise InputError(
                f"{other.path} is of the problem {other.config['problem']}, but {first.path} of "
                f"{first.config['problem']}; compare sweeps of one problem."
            )
    for one, other in combinations(sweeps, 2):
        _check_data(one, other)
    for one, other in combinations(sweeps, 2):
        if one.config == other.config:
            raise InputError(
                f"{one.path} and {other.path} are the same sweep with the same seed "
                f"({one.repetition.bare}); give one of them."
            )


def check_same_objectives(sweeps: Sequence[RunFiles], way_out: str) -> None:
    """Refuse sweeps of different objectives.

    Args:
        sweeps: At least one.
        way_out: How the sentence ends: what to do.

    Raises:
        InputError: They differ.
    """
    first = sweeps[0]
    for other in sweeps[1:]:
        if other.objectives != first.objectives:
            raise InputError(
                f"{other.path} has the objectives {', '.join(other.objectives)}, but {first.path} "
                f"has {', '.join(first.objectives)}; {way_out}."
            )


def check_same_box(sweeps: Sequence[RunFiles], corner: Literal["ideal", "reference_point"]) -> None:
    """Refuse sweeps of equal seed and fold whose stored ideal or reference point differs.

    Both come from the networks before training and the data, so between seeds or folds they always
    differ, and are not compared; with equal ones they differ where networks or their start do.

    Raises:
        InputError: They differ; the message names the sweeps, the objective and the way out.
    """
    option = {"ideal": "--ideal", "reference_point": "--reference"}[corner]
    for one, other in combinations(sweeps, 2):
        if one.repetition != other.repetition:
            continue
        corners = getattr(one.box, corner), getattr(other.box, corner)
        differing = np.flatnonzero(~np.isclose(*corners, rtol=_TOLERANCE, atol=0))
        if len(differing):
            place = differing[0]
            raise InputError(
                f"{one.path} and {other.path} have the same seed ({one.repetition.bare}), but the "
                f"stored {corner.replace('_', ' ')} of {one.objectives[place]} is "
                f"{corners[0][place]:.6g} in one and {corners[1][place]:.6g} in the other; give "
                f"one for all with {option}."
            )


def code_hints(sweeps: Sequence[RunFiles]) -> Iterator[str]:
    """A sentence for each sweep whose user's own code is not that of the first."""
    code = sweeps[0].checksums.get("source")
    for sweep in sweeps[1:]:
        if sweep.checksums.get("source") != code:
            yield f"{sweep.path} was made from another version of the problem's own file."


def _check_data(one: RunFiles, other: RunFiles) -> None:
    """Refuse two sweeps of one fold with other data, or of two folds with the same."""
    folds = [sweep.repetition.fold for sweep in (one, other)]
    if folds.count(None) == 1:
        without, has = (one, other) if folds[0] is None else (other, one)
        raise InputError(
            f"{without.path} does not name its fold, and {has.path} has fold "
            f"{has.repetition.fold}; compare sweeps that all have one, by --set fold, or none."
        )
    splits = _differing_splits(one, other)
    if splits and folds[0] == folds[1]:
        raise InputError(
            f"{one.path} and {other.path} were made from other data: the checksums of the "
            f"{splits} differ; compare sweeps of the same data."
        )
    if not splits and folds[0] != folds[1]:
        raise InputError(
            f"{one.path} is fold {folds[0]} and {other.path} fold {folds[1]}, but their data are "
            "the same; let the argument fold of the problem choose what is held out."
        )


def _differing_splits(one: RunFiles, other: RunFiles) -> str:
    names = dict.fromkeys(("train", "val", "test"))
    differing = [n for n in names if one.checksums.get(n) != other.checksums.get(n)]
    if not differing:
        return ""
    words = " and ".join([", ".join(differing[:-1]), differing[-1]] if differing[1:] else differing)
    return f"{words} {'splits' if differing[1:] else 'split'}"

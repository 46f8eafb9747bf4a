"""The rounds of a sweep, `rounds/<number>.json`: points that start together once others are solved.

The first round, number 0, has no file: it is the points of `sweep.json` that no other round takes.
A later one is written before any of its points is begun, and holds all that they depend on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, NotRequired, TypedDict, cast

from paretocli.errors import InputError
from paretocli.run_directory import forms
from paretocli.run_directory.files import DamagedError, read_object

ROUNDS = "rounds"

Row = tuple[float, ...]
Expected = Mapping[str, float] | None


class SizeLimits(TypedDict, total=False):
    """What an exported network is to have at most, by columns of `results.csv`."""

    compact_parameters: forms.Positive
    compact_macs: forms.Positive


class RoundContent(TypedDict):
    """What a file of a round holds.

    Attributes:
        points: Their numbers; those that `sweep.json` does not have follow on from the last one.
        weights: Of each of them, one an objective.
        parents: The point whose network each starts from, None where it starts from scratch.
        epochs: Of the first phase.
        retrain_epochs: Of the second.
        asked: What asked for it, where somebody did.
        ended: Whether who asked was told that it is solved.
        expected: Where each of them was expected to land, figures by columns of `results.csv`;
            None where nothing known lay beyond. Older versions did not write it down.
        kept_epochs: Of points that are epochs of their parents: which ones; they train for none.
        looked_at: The points whose kept epochs these were chosen from.
        limits: What the exported networks are to have at most, by columns of sizes.
        pruned_to: Of points that are pruned from their parents: the parameters that the exported
            network of each is to have at most.
        partners: The points of the sparse sweep that have these.
    """

    points: Annotated[list[int], forms.listed(forms.whole())]
    weights: Annotated[list[list[float]], forms.listed(forms.listed(forms.not_negative))]
    parents: Annotated[list[int | None], forms.listed(forms.or_null(forms.whole()))]
    epochs: forms.Count
    retrain_epochs: forms.Count
    asked: NotRequired[forms.Text]
    ended: NotRequired[bool]
    expected: NotRequired[
        Annotated[
            list[dict[str, float] | None], forms.listed(forms.or_null(forms.mapped(forms.number)))
        ]
    ]
    kept_epochs: NotRequired[Annotated[list[int], forms.listed(forms.whole(1))]]
    looked_at: NotRequired[Annotated[list[int], forms.listed(forms.whole())]]
    limits: NotRequired[Annotated[SizeLimits, forms.form_of(SizeLimits)]]
    pruned_to: NotRequired[Annotated[list[int], forms.listed(forms.whole(1))]]
    partners: NotRequired[Annotated[list[int], forms.listed(forms.whole())]]


@dataclass(frozen=True)
class Round:
    """Points that start together.

    Attributes:
        number: From 0.
        points: Their numbers, rising.
        weights: Of each of them, one an objective.
        parents: The point whose network each starts from, None where it starts from scratch.
        epochs: Of the first phase.
        retrain_epochs: Of the second.
        asked: What asked for it, where somebody did.
        ended: Whether who asked was told that it is solved.
        expected: Where each of them was expected to land, figures by columns of `results.csv`,
            None where nothing known lay beyond; empty where nobody wrote it down.
        kept_epochs: Of points that are epochs of their parents: which ones; they train for none.
        looked_at: The points whose kept epochs these were chosen from; there may be none to choose.
        limits: What the exported networks are to have at most, by columns of sizes; nothing where
            they may be of any size.
        pruned_to: Of points that are pruned from their parents: the parameters that the exported
            network of each is to have at most.
        partners: The points of the sparse sweep that have these.
    """

    number: int
    points: tuple[int, ...]
    weights: tuple[Row, ...]
    parents: tuple[int | None, ...]
    epochs: int
    retrain_epochs: int
    asked: str = ""
    ended: bool = False
    expected: tuple[Expected, ...] = ()
    kept_epochs: tuple[int, ...] = ()
    looked_at: tuple[int, ...] = ()
    limits: SizeLimits = field(default_factory=SizeLimits)
    pruned_to: tuple[int, ...] = ()
    partners: tuple[int, ...] = ()

    @property
    def total_epochs(self) -> int:
        """Epochs of each of its points, of both phases."""
        return self.epochs + self.retrain_epochs

    def epoch_at(self, point: int) -> tuple[int, int] | None:
        """The point, and the epoch of it, that one of these is; None where it is trained."""
        place = self.points.index(point)
        parent = self.parents[place]
        return (parent, self.kept_epochs[place]) if self.looked_at and parent is not None else None

    def content(self) -> RoundContent:
        """What its file holds."""
        found: RoundContent = {
            "points": list(self.points),
            "weights": [list(row) for row in self.weights],
            "parents": list(self.parents),
            "epochs": self.epochs,
            "retrain_epochs": self.retrain_epochs,
        }
        if self.asked:
            found["asked"] = self.asked
        if self.ended:
            found["ended"] = True
        if any(self.expected):
            found["expected"] = [None if one is None else dict(one) for one in self.expected]
        if self.looked_at:
            found["kept_epochs"] = list(self.kept_epochs)
            found["looked_at"] = list(self.looked_at)
        if self.limits:
            found["limits"] = self.limits
        if self.pruned_to:
            found["pruned_to"] = list(self.pruned_to)
            found["partners"] = list(self.partners)
        return found


def round_path(directory: Path, number: int) -> Path:
    """The file of a round."""
    return directory / ROUNDS / f"{number:04d}.json"


def read_rounds(directory: Path, weights: Sequence[Sequence[float]]) -> tuple[Round, ...]:
    """The rounds after the first, in order.

    Args:
        directory: The run directory.
        weights: Of the points of `sweep.json`, one an objective.

    Raises:
        InputError: A file cannot be read, is damaged, or does not follow from those before it.
    """
    known = [list(row) for row in weights]
    found: list[Round] = []
    form = forms.form_of(RoundContent)
    while True:
        path = round_path(directory, len(found) + 1)
        try:
            content = cast(RoundContent | None, read_object(path, form))
        except DamagedError as error:
            raise InputError(f"{error}; put the file back as it was.") from None
        if content is None:
            return tuple(found)
        if reason := _unfit(content, known, (point for one in found for point in one.points)):
            raise InputError(f"{path} {reason}; put the file back as it was.")
        known += content["weights"][sum(point < len(known) for point in content["points"]) :]
        found.append(_round(len(found) + 1, content))


def _round(number: int, content: RoundContent) -> Round:
    return Round(
        number,
        tuple(content["points"]),
        tuple(tuple(row) for row in content["weights"]),
        tuple(content["parents"]),
        content["epochs"],
        content["retrain_epochs"],
        content.get("asked", ""),
        bool(content.get("ended")),
        tuple(content.get("expected", ())),
        tuple(content.get("kept_epochs", ())),
        tuple(content.get("looked_at", ())),
        content.get("limits", {}),
        tuple(content.get("pruned_to", ())),
        tuple(content.get("partners", ())),
    )


def _unfit(content: RoundContent, known: Sequence[Any], taken: Iterable[int]) -> str:
    """Why a round is none of the sweep whose points have the weights `known`; empty if it is."""
    points, weights, parents = content["points"], content["weights"], content["parents"]
    lengths = {len(one) for one in (weights, parents, content.get("expected", points))}
    if lengths != {len(points)}:
        return "does not name the weights and the parent of each point, or where it was expected"
    if any(len(row) != len(known[0]) for row in weights):
        return "does not give each point a weight for each objective"
    added = [point for point in points if point >= len(known)]
    expected = list(range(len(known), len(known) + len(added)))
    if points != sorted(set(points)) or added != expected or {*points} & {*taken}:
        return "does not number its points on from those before"
    if any(known[p] != row for p, row in zip(points, weights, strict=True) if p < len(known)):
        return "has other weights than the sweep"
    return _unfit_parents(content, known) or _unfit_epochs(content) or _unfit_sizes(content)


def _unfit_parents(content: RoundContent, known: Sequence[Any]) -> str:
    """Why its points start from no others; empty if they can."""
    weights, parents = content["weights"], content["parents"]
    if any(parent is not None and parent >= len(known) for parent in parents):
        return "starts from points that are not there"
    if content.get("looked_at") and any(
        parent is None or known[parent] != row for parent, row in zip(parents, weights, strict=True)
    ):
        return "has other weights than the points whose epochs it takes"
    return ""


def _unfit_epochs(content: RoundContent) -> str:
    """Why nobody knows what to do for each of its points; empty where it is known."""
    if not content.get("looked_at"):
        if not content["points"] or not content["epochs"] or content.get("kept_epochs"):
            return "does not say for how many epochs which points train"
    elif len(content.get("kept_epochs", ())) != len(content["points"]) or (
        content["epochs"] or content["retrain_epochs"]
    ):
        return "does not say which epoch each point is"
    return ""


def _unfit_sizes(content: RoundContent) -> str:
    """Why nobody knows how far its points are pruned, and from what; empty where it is known."""
    sizes, partners = content.get("pruned_to", []), content.get("partners", [])
    if not sizes and not partners:
        return ""
    if {len(sizes), len(partners)} != {len(content["points"])} or None in content["parents"]:
        return "does not say from which point and to which size each point is pruned"
    return ""

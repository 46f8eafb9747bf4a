"""What a picture of converging fronts shows: their hypervolumes and their largest holes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from paretocli.core.splits import HELD_OUT
from paretocli.errors import InputError
from paretocli.front.box import Box
from paretocli.front.comparable import check_comparable, check_same_objectives
from paretocli.front.history import History
from paretocli.front.indicators import ROUNDING, is_exact
from paretocli.front.known import POINTS, known_front
from paretocli.front.measure import union_front
from paretocli.front.methods import group_by_method, method_names
from paretocli.front.repetitions import Repetition, repeated_over
from paretocli.front.statistics import Statistics, statistics
from paretocli.problems.source_names import name_for_people

Array = npt.NDArray[np.float64]

TARGET = 0.99
"""Share of the first input's best hypervolume whose cost is reported."""


@dataclass(frozen=True, eq=False)
class Converging:
    """One way of making a front, over its seeds and folds.

    Attributes:
        name: What the legend calls it.
        seeds: Of the sweeps that it is made of.
        over: What these differ in, such as "seeds".
        subproblem_epochs: (E,), the mean over the sweeps, as all of these.
        seconds: (E,).
        mean: Hypervolume (E,).
        std: Its standard deviation over them (E,), 0 for a single one.
        sparse: Whether the split that is drawn was not measured after every epoch: between those in
            which it was there is nothing.
        holes: Fill distance (E,), by the whole front of the picture.
        holes_std: Its standard deviation.
        best: The best hypervolume of the validation losses.
        test_at_best: The hypervolume of the test losses in that epoch, of the sweeps in which
            they were measured then.
        hole_at_best: The fill distance in that epoch, of the split that is drawn, likewise.
        cost: Subproblem-epochs to the target, of the sweeps that reach it.
    """

    name: str
    seeds: tuple[int, ...]
    over: str
    subproblem_epochs: Array
    seconds: Array
    mean: Array
    std: Array
    sparse: bool
    holes: Array
    holes_std: Array
    best: Statistics
    test_at_best: Statistics
    hole_at_best: Statistics
    cost: Statistics


@dataclass(frozen=True, eq=False)
class HistoryData:
    """A whole picture; all hypervolumes are shares of one box, and fill distances go by one front.

    That is the true front where it is known, else what no point of any sweep and epoch beats.
    """

    curves: tuple[Converging, ...]
    box: Box
    exact: bool
    true_front: bool
    split: str
    title: str


def gather_histories(
    histories: Sequence[History], split: str, *, title: str | None = None
) -> HistoryData:
    """Group sweeps that differ in seed or fold alone, and measure all in the box of the first.

    The target is 99 % of the best validation hypervolume of the first group, seed by seed and fold
    by fold where they are the same.

    Raises:
        InputError: The sweeps have different problems, data or objectives, or one comes twice.
    """
    check_comparable(histories)
    check_same_objectives(histories, "draw the histories of the same objectives")
    first = histories[0]
    places = group_by_method([history.config for history in histories])
    # All in the same way, or an error of the approximation would look like a difference.
    exact = all(is_exact(*history.losses[split].shape[1:]) for history in histories)
    members = [[histories[place] for place in group] for group in places]
    _refuse_without_hypervolume(histories, split, first.box, exact=exact)
    targets = {
        history.repetition: TARGET
        * float(np.nanmax(history.hypervolume("val", first.box, exact=exact)))
        for history in members[0]
    }
    firsts = [group[0] for group in members]
    names = method_names([one.config for one in firsts], [one.path for one in firsts])
    known = known_front(first.config)
    whole = _united(histories, split) if known is None else known.sample(POINTS)
    curves = tuple(
        _converging(name, group, split, first.box, targets, whole, exact)
        for name, group in zip(names, members, strict=True)
    )
    words = {"val": "validation", "test": "test"}[split]
    return HistoryData(
        curves,
        first.box,
        exact=exact,
        true_front=known is not None,
        split=split,
        title=title or f"{name_for_people(first.config['problem'])}, {words} split",
    )


def _united(histories: Sequence[History], split: str) -> Array:
    """The points (R, m) of all epochs that no point of any epoch beats."""
    points = np.concatenate(
        [history.losses[split].reshape(-1, history.losses[split].shape[2]) for history in histories]
    )
    return union_front([points[np.isfinite(points).all(axis=1)]])


def _refuse_without_hypervolume(
    histories: Sequence[History], drawn: str, box: Box, *, exact: bool
) -> None:
    """Refuse a sweep that has some loss below the ideal after every epoch.

    Single epochs that have are left out of the picture. What the validation data reach is said of
    each picture.
    """
    for history in histories:
        for split in dict.fromkeys(("val", drawn)):
            if history.is_sparse(split) and not history.known[split].any():
                raise InputError(
                    f"The history of {history.path} has no epoch with the {split} losses of all "
                    "points yet: with its --evaluate-every "
                    f"{history.config.get('evaluate_every')}, not every epoch has any; draw "
                    "--split val."
                )
            if (box.scaled(history.losses[split]) < -ROUNDING).any(axis=(1, 2)).all():
                raise InputError(
                    f"{history.path} has losses below the ideal of the box ("
                    f"{', '.join(f'{value:.4g}' for value in box.ideal)}) after every epoch, and "
                    "so no hypervolume; sweep again with a lower --ideal, in another --out."
                )
            if np.isnan(history.hypervolume(split, box, exact=exact)).all():
                raise InputError(
                    f"{history.path} has no hypervolume in any epoch: losses are below the ideal "
                    f"of the box, or lines of its history are lost; leave {history.path} out."
                )


def _converging(
    name: str,
    group: Sequence[History],
    split: str,
    box: Box,
    targets: dict[Repetition, float],
    whole: Array,
    exact: bool,
) -> Converging:
    epochs = min(len(history.seconds) for history in group)
    val, test = (
        [history.hypervolume(held_out, box, exact=exact) for history in group]
        for held_out in HELD_OUT
    )
    drawn = np.stack([values[:epochs] for values in (val if split == "val" else test)])
    if np.isnan(drawn).any(axis=0).all():
        over = repeated_over([[history.repetition for history in group]])
        raise InputError(
            f"The {over} of {name} have no epoch in which each has a hypervolume "
            f"({' and '.join(str(history.path) for history in group)}); draw them apart."
        )
    holes = [history.fill_distance(split, box, whole) for history in group]
    drawn_holes = np.stack([values[:epochs] for values in holes])
    fallback = float(np.mean(list(targets.values())))
    costs = []
    for history, values in zip(group, val, strict=True):
        reached = values >= targets.get(history.repetition, fallback)
        if reached.any():
            costs.append(float(history.subproblem_epochs[int(reached.argmax())]))
    return Converging(
        name=name,
        seeds=tuple(sorted(history.seed for history in group)),
        over=repeated_over([[history.repetition for history in group]]),
        subproblem_epochs=np.mean([h.subproblem_epochs[:epochs] for h in group], axis=0),
        seconds=np.mean([h.seconds[:epochs] for h in group], axis=0),
        mean=drawn.mean(axis=0),
        std=_std(drawn),
        sparse=any(history.is_sparse(split) for history in group),
        holes=drawn_holes.mean(axis=0),
        holes_std=_std(drawn_holes),
        best=statistics([float(np.nanmax(values)) for values in val]),
        test_at_best=statistics(
            [float(t[int(np.nanargmax(v))]) for v, t in zip(val, test, strict=True)]
        ),
        hole_at_best=statistics(
            [float(h[int(np.nanargmax(v))]) for v, h in zip(val, holes, strict=True)]
        ),
        cost=statistics(costs),
    )


def _std(values: Array) -> Array:
    """The standard deviation of a sample (S, E) over its first axis (E,)."""
    if len(values) == 1:
        return np.zeros(values.shape[1])
    spread: Array = values.std(axis=0, ddof=1)
    return spread

"""Magnitude pruning as a baseline: for each point of a sparse sweep a dense one pruned to its size.

What most people would do in place of a sweep with sparsity: train the network, take out its
smallest rows, and train what is left again (Han, Pool, Tran and Dally, *Learning both weights and
connections for efficient neural networks*, NeurIPS 2015), with the learning rate of the first time
(Renda, Frankle and Carbin, *Comparing rewinding and fine-tuning in neural network pruning*, ICLR
2020, where that was the best way to retrain).
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from paretocli.errors import InputError
from paretocli.options.config import SweepConfig, digest_of
from paretocli.options.declared import taken_by
from paretocli.options.keeping import BEST
from paretocli.options.warm import warm_start
from paretocli.planning.rounds import Further, refuse_own_weights
from paretocli.population.transfer import TRANSFERS
from paretocli.registries import enumerated
from paretocli.run_directory.point_record import PointRecord
from paretocli.run_directory.rounds import Round, Row
from paretocli.run_directory.sweep_file import SweepFile

DIGITS = 9  # after the point; weights of tasks as close are the same

Note = Callable[[str], None]


@dataclass(frozen=True)
class Partner:
    """A point of a sparse sweep, as far as a pruned network is to be like it.

    Attributes:
        point: Its number.
        weights: Those of its tasks, of sum 1, after a 0 for sparsity.
        size: Parameters of its exported network.
        epochs: That it trained for at most, of both phases.
    """

    point: int
    weights: Row
    size: int
    epochs: int


def partners_in(sweep: SweepFile, records: Sequence[PointRecord]) -> tuple[list[Partner], str]:
    """The points of a sparse sweep that have partners, and what to say of the others, if any.

    A point without zero rows has none: nothing would be pruned, and a dense network that is only
    trained for longer is no network of its kind.

    Raises:
        InputError: There are none.
    """
    found, without, nobody, whole = [], [], [], []
    for record in records:
        point, size = record["point"], record.get("compact_parameters")
        if record["status"] != "done":
            continue
        if size is None:
            without.append(record)
        elif sum(record["weights"][1:]) == 0:
            nobody.append(point)
        elif _is_whole(record):
            whole.append(point)
        else:
            row = _dense(record["weights"])
            found.append(Partner(point, row, size, _epochs(sweep, point)))
    if not found:
        raise InputError(_why_none(sweep, without, whole))
    left = {
        "not solved": sweep.points - len([*found, *without, *nobody, *whole]),
        "of unknown size": len(without),
        "with no weight for a task": len(nobody),
        "with no zero row": len(whole),
    }
    counts = [f"{count} {what}" for what, count in left.items() if count]
    if not counts:
        return found, ""
    words = f"{enumerated(counts, 'and')} {'are' if sum(left.values()) > 1 else 'is'} left out"
    return found, f"Of the points of {sweep.path}, {words}."


def _is_whole(record: PointRecord) -> bool:
    layers = record.get("layers") or []
    return bool(layers) and not any(layer["zero_rows"] for layer in layers)


def _why_none(sweep: SweepFile, without: Sequence[PointRecord], whole: Sequence[int]) -> str:
    """Why nothing can be pruned like a point of a sweep, of some without a size or zero rows."""
    if whole and not without:
        return (
            f"No solved point of {sweep.path} with a weight for a task has a zero row, so there is "
            "no size to prune to; sweep with more weight for sparsity, or for more epochs."
        )
    if not without:
        return (
            f"No point of {sweep.path} is solved that a dense network could be pruned like; solve "
            "the sweep first, with its own command."
        )
    if reason := without[0].get("not_compact"):
        return f"No dense network can be pruned to the sizes of {sweep.path}: {reason}"
    return (
        f"No point of {sweep.path} says how large its exported network is, as those of older "
        "versions; the sweep's own command works that out."
    )


def refuse_without_sparsity(sweep: SweepFile) -> None:
    """Refuse a sweep whose networks are all of one size.

    Raises:
        InputError: They are.
    """
    if not sweep.config.get("sparsity"):
        raise InputError(
            f"{sweep.path} holds a sweep without sparsity, whose networks are all of one size; "
            "give one in which sparsity is an objective."
        )


def baseline_config(
    config: SweepConfig,
    sweep: SweepFile,
    partners: Sequence[Partner],
    *,
    out: Path,
    gradually: bool,
) -> SweepConfig:
    """The configuration of the baseline of a sparse sweep.

    Its first points are dense: they train for as many epochs as a point of the sweep that starts
    from scratch, of both phases, for the tasks alone. With ε above 0 sparsity would have a part
    even where its weight is 0.

    Args:
        config: That of the sparse sweep.
        sweep: What its directory says.
        partners: Its points.
        out: The directory of the baseline.
        gradually: Whether each is pruned from the next larger one.

    Raises:
        InputError: The sweep has no points for weights.
    """
    refuse_own_weights(config)
    own = {one.name for one in taken_by(TRANSFERS, "none")}
    return replace(
        config,
        weights=_distinct(partners),
        epochs=config.total_epochs,
        retrain_epochs=0,
        relaxed=False,
        round_to=1,
        epsilon=0.0,
        **asdict(warm_start("none")),
        transfer="none",
        transfer_options={k: v for k, v in config.transfer_options.items() if k in own},
        keep=BEST,
        pruned_from=digest_of({k: v for k, v in sweep.config.items() if k not in sweep.unnamed}),
        pruned_gradually=gradually,
        out=out,
    )


def pruning(config: SweepConfig, partners: Sequence[Partner], note: Note) -> Further:
    """Rounds of dense networks that are missing, and of those that are pruned from them.

    Args:
        config: That of the baseline.
        partners: The points of the sparse sweep.
        note: Is told which dense networks failed.
    """
    told: set[int] = set()

    def further(sweep: SweepFile, records: Sequence[PointRecord]) -> Round | None:
        number, states = len(sweep.rounds) + 1, {r["point"]: r["status"] for r in records}
        pruned = {point for one in sweep.rounds if one.pruned_to for point in one.points}
        dense = {_key(row): point for point, row in enumerate(sweep.weights) if point not in pruned}
        there = {partner for one in sweep.rounds for partner in one.partners}
        left = [one for one in partners if one.point not in there]
        missing = _distinct([one for one in left if _key(one.weights) not in dense])
        if missing:
            points = range(sweep.points, sweep.points + len(missing))
            nobody = (None,) * len(missing)
            return Round(number, tuple(points), missing, nobody, config.epochs, 0)
        for point in sorted({dense[_key(one.weights)] for one in left} - told):
            if states.get(point) != "done":
                told.add(point)
                note(f"The dense network of point {point} failed, and none is pruned from it.")
        ready = [one for one in left if states.get(dense[_key(one.weights)]) == "done"]
        if not ready:
            return None
        return _pruned(sweep, number, ready, dense, gradually=config.pruned_gradually)

    return further


def _pruned(
    sweep: SweepFile,
    number: int,
    ready: Sequence[Partner],
    dense: dict[Row, int],
    *,
    gradually: bool,
) -> Round:
    """The next round of pruned points: those that train equally long and need no others first."""
    if gradually:
        ready = [one for one in ready if not any(_before(other, one) for other in ready)]
    chosen = [one for one in ready if one.epochs == ready[0].epochs]
    parents = []
    for one in chosen:
        key = _key(one.weights)
        larger = [
            (size, -point)
            for earlier in sweep.rounds
            for point, size in zip(earlier.points, earlier.pruned_to, strict=False)
            if size >= one.size and _key(sweep.weights[point]) == key
        ]
        parents.append(-min(larger)[1] if gradually and larger else dense[key])
    return Round(
        number,
        tuple(range(sweep.points, sweep.points + len(chosen))),
        tuple(one.weights for one in chosen),
        tuple(parents),
        chosen[0].epochs,
        0,
        pruned_to=tuple(one.size for one in chosen),
        partners=tuple(one.point for one in chosen),
    )


def _before(other: Partner, one: Partner) -> bool:
    """Whether another one for the same weights is pruned first: it is larger."""
    same = _key(other.weights) == _key(one.weights)
    return same and (-other.size, other.point) < (-one.size, one.point)


def _dense(weights: Sequence[float]) -> Row:
    total = sum(weights[1:])
    return (0.0, *(weight / total for weight in weights[1:]))


def _key(weights: Sequence[float]) -> Row:
    return tuple(round(weight, DIGITS) for weight in weights)


def _distinct(partners: Sequence[Partner]) -> tuple[Row, ...]:
    """The weights of dense networks, each once."""
    return tuple({_key(one.weights): one.weights for one in reversed(partners)}.values())[::-1]


def _epochs(sweep: SweepFile, point: int) -> int:
    """The epochs that a point has at most, or the one that it is a kept epoch of."""
    number = sweep.round_of(point)
    at = sweep.rounds[number - 1].epoch_at(point) if number else None
    return sweep.epochs_of(number) if at is None else _epochs(sweep, at[0])

"""What it takes to train a point for a classification."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from paretocli.options.warm import warm_start
from paretocli.planning.classification import Classes
from paretocli.planning.nimbus import Step, limits_for, most_tries, next_step
from paretocli.planning.refinement import Request
from paretocli.planning.rounds import added_round, refuse_own_weights
from paretocli.run_directory.points import read_records
from paretocli.run_directory.stored_config import stored_config
from paretocli.run_directory.sweep_file import read_sweep_file


@dataclass(frozen=True)
class Offer:
    """What it takes to train a point for a classification.

    Attributes:
        epochs: Of one point, of both phases; 0 where nothing new is to be trained.
        corrections: How many more points of as many epochs may follow.
        parent: The point that it starts from, None where it starts from scratch.
        pending: Epochs of points that are not solved yet and come first, by their numbers.
    """

    epochs: int
    corrections: int
    parent: int | None
    pending: Mapping[int, int]


def answer(path: Path, asked: Classes) -> Step:
    """What the points of a run directory do for a classification, and what another one might.

    Raises:
        InputError: It makes no sense for these points, or there is no sweep.
    """
    return next_step(read_sweep_file(path), asked, Request(classes=asked).text)


def offered(path: Path, asked: Classes, step: Step) -> Offer | None:
    """What it takes to train what `answer` found; None where there is nothing to train.

    Raises:
        InputError: The sweep cannot have further points.
    """
    sweep = read_sweep_file(path)
    config = replace(stored_config(sweep, {}), **asdict(warm_start("nearest")))
    refuse_own_weights(config)
    records = read_records(sweep).found
    pending = {
        point: sweep.epochs_of(sweep.round_of(point))
        for point in range(sweep.points)
        if point not in records
    }
    text = Request(classes=asked).text
    begun = any(one.asked == text and {*one.points} & {*pending} for one in sweep.rounds)
    if step.weights is None:
        return Offer(0, 0, None, pending) if begun else None
    weights = [tuple(step.weights.tolist())]
    limits = limits_for(sweep, asked)
    new = added_round(config, sweep, list(records.values()), weights, asked=text, limits=limits)
    most = most_tries(len(config.objectives))
    return Offer(new.total_epochs, most - step.tries - 1, new.parents[0], pending)

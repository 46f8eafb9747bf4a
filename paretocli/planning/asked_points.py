"""Points that somebody asks for by weights, between and around others, or in holes of the front."""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np

from paretocli.errors import InputError
from paretocli.front.exchange import RESULTS_FILE
from paretocli.options.config import SweepConfig
from paretocli.planning.answered import refuse_answered
from paretocli.planning.growth import Growth, emptiest
from paretocli.planning.held_sizes import held_between
from paretocli.planning.judged import own_results
from paretocli.planning.preferences import Weights, point_with
from paretocli.planning.refinement import Request, between, neighbours, refuse_doubles
from paretocli.planning.rounds import Further, added_round
from paretocli.run_directory.point_record import PointRecord
from paretocli.run_directory.rounds import Round, SizeLimits
from paretocli.run_directory.sweep_file import SweepFile

Part = tuple[Weights, SizeLimits]  # weights (W, m) of points that train together, held to a size


def asked_points(config: SweepConfig, request: Request, *, begun: bool) -> Further:
    """The points of a request: in one round, or each in its own where they are held to sizes.

    Args:
        config: The sweep's configuration.
        request: For weights, between or around points, or in holes.
        begun: Whether rounds of it are there already; the others follow then.
    """
    left: list[Part] | None = None

    def further(sweep: SweepFile, records: Sequence[PointRecord]) -> Round | None:
        nonlocal left
        if left is None:
            left = parts_left(sweep, request) if begun else first_parts(config, sweep, request)
        if not left:
            return None
        rows, limits = left.pop(0)
        weights = [tuple(row) for row in rows.tolist()]
        return added_round(config, sweep, records, weights, asked=request.text, limits=limits)

    return further


def all_rounds(
    config: SweepConfig, sweep: SweepFile, records: Sequence[PointRecord], request: Request
) -> list[Round]:
    """The rounds that a request takes, were all solved that is there and each before the next."""
    plan, found = asked_points(config, request, begun=False), []
    solved = list(records)
    while (one := plan(sweep, solved)) is not None:
        found.append(one)
        sweep = replace(sweep, rounds=(*sweep.rounds, one))
        solved += [cast(PointRecord, {"point": p, "status": "done"}) for p in one.points]
    return found


def first_parts(config: SweepConfig, sweep: SweepFile, request: Request) -> list[Part]:
    """What is to be solved for a request.

    Raises:
        InputError: It is there already, is near others that are not there, or could only become
            doubles of points that it starts from.
    """
    parts = _parts(sweep, request, sweep.points)
    wanted = np.concatenate([rows for rows, _ in parts])
    refuse_doubles([tuple(row) for row in sweep.weights], wanted)
    if config.warm != "none":
        refuse_answered(sweep, wanted)
    return parts


def parts_left(sweep: SweepFile, request: Request) -> list[Part] | None:
    """What of a request has no round yet, although others of it have; None where it was not begun.

    Rounds of an earlier request in the same words count for nothing once somebody was told of its
    end.
    """
    rounds = [one for one in sweep.rounds if one.asked == request.text]
    told = max((place for place, one in enumerate(rounds) if one.ended), default=-1)
    begun = rounds[told + 1 :]
    if not begun:
        return None
    if request.between is None and request.around is None:
        return []  # they are one round
    known = np.array(sweep.weights)
    parts = _parts(sweep, request, begun[0].points[0])
    return [(rows, limits) for rows, limits in parts if point_with(known, rows[0]) is None]


def _parts(sweep: SweepFile, request: Request, before: int) -> list[Part]:
    """The parts of a request, made when the sweep had so many points."""
    weights = [tuple(row) for row in sweep.weights[:before]]
    kept = {point: parent for point, parent in sweep.kept.items() if point < before}
    if request.between is not None:
        pairs, count = [request.between], request.points or 1
    elif request.around is not None:
        near = neighbours(weights, request.around, request.points or 2, kept)
        pairs, count = [(request.around, other) for other in near], 1
    elif request.holes is not None:
        return [(_in_holes(sweep, request.holes), {})]
    else:
        return [(np.array(request.weights), {})]
    wanted = np.concatenate([between(weights, *pair, count, kept) for pair in pairs])
    limits = [one for pair in pairs for one in _held(sweep, pair, count)]
    if not any(limits):
        return [(wanted, {})]
    return [(row[None], one) for row, one in zip(wanted, limits, strict=True)]


def _held(sweep: SweepFile, pair: tuple[int, int], count: int) -> list[SizeLimits]:
    if not sweep.held or not (sweep.path / RESULTS_FILE).exists():
        return [{}] * count  # a run writes the table anew before it plans
    return held_between(sweep, own_results(sweep), *pair, count)


def _in_holes(sweep: SweepFile, count: int) -> Weights:
    found = emptiest(sweep, Growth(), count, count)
    if not found.points:
        raise InputError(
            f"The front of {sweep.path} has no hole that a point could fill; say where you want "
            "one with --between, --around or --weights."
        )
    return np.array([one.weights for one in found.points])

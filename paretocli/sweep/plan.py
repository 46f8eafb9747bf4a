"""Which subproblems train together."""

from collections.abc import Collection
from dataclasses import dataclass

from paretocli.sweep.records import point_name


@dataclass(frozen=True)
class Shard:
    """Subproblems that train as one population.

    Attributes:
        name: Name of its history and checkpoint.
        points: Their numbers in the sweep.
    """

    name: str
    points: tuple[int, ...]


def shards(points: int, stack: int) -> list[Shard]:
    """Cut a sweep into shards of up to `stack` neighbouring points.

    The cut does not depend on what is done already, so a continued sweep finds its checkpoints.
    """
    groups = [range(start, min(start + stack, points)) for start in range(0, points, stack)]
    return [
        Shard(f"{point_name(group[0])}-{point_name(group[-1])}", tuple(group)) for group in groups
    ]


def unfinished(plan: list[Shard], done: Collection[int]) -> list[Shard]:
    """The shards with a point that is not done."""
    return [shard for shard in plan if not set(shard.points) <= set(done)]

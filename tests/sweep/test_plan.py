import pytest
from hypothesis import given
from hypothesis import strategies as st

from paretocli.sweep.plan import Shard, shards, unfinished


@given(st.integers(1, 60), st.integers(1, 70))
def test_every_point_is_in_one_shard(points, stack):
    plan = shards(points, stack)
    assert [point for shard in plan for point in shard.points] == list(range(points))
    assert all(1 <= len(shard.points) <= stack for shard in plan)
    assert len(plan) == -(-points // stack)
    assert len({shard.name for shard in plan}) == len(plan)


def test_by_hand():
    assert shards(5, 2) == [
        Shard("0000-0001", (0, 1)),
        Shard("0002-0003", (2, 3)),
        Shard("0004-0004", (4,)),
    ]


@pytest.mark.parametrize(
    ("done", "left"),
    [
        ([], [0, 1, 2]),
        ([0, 1], [1, 2]),
        ([1], [0, 1, 2]),
        ([4, 2], [0, 1]),
        (range(5), []),
    ],
)
def test_what_is_left(done, left):
    plan = shards(5, 2)
    assert unfinished(plan, done) == [plan[i] for i in left]

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from paretocli.planning import plan as plan_module
from paretocli.planning.plan import Shard, default_jobs, default_threads, divide, shards, unfinished
from paretocli.probing.work import WORK_OF_A_THREAD


@given(st.integers(1, 60), st.integers(1, 70))
def test_every_point_is_in_one_shard(points, stack):
    plan = shards(range(points), stack)
    assert [point for shard in plan for point in shard.points] == list(range(points))
    assert all(1 <= len(shard.points) <= stack for shard in plan)
    assert len(plan) == -(-points // stack)
    assert len({shard.name for shard in plan}) == len(plan)


def test_by_hand():
    assert shards(range(5), 2) == [
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
    plan = shards(range(5), 2)
    assert unfinished(plan, done) == [plan[i] for i in left]


CPU, GPU = torch.device("cpu"), torch.device("cuda")


@pytest.fixture
def machine(monkeypatch):
    """Sixteen processors and three GPUs."""
    monkeypatch.setattr(plan_module, "available_threads", lambda: 16)
    monkeypatch.setattr(plan_module.torch.cuda, "device_count", lambda: 3)


@pytest.mark.parametrize(
    ("shards_of_all", "worth", "device", "threads"),
    [
        (1, 100, CPU, 16),
        (1, 16, CPU, 16),
        (1, 3.9, CPU, 3),
        (1, 1.9, CPU, 1),
        (1, 0, CPU, 1),
        (4, 100, CPU, 4),
        (4, 2, CPU, 2),
        (5, 100, CPU, 3),
        (40, 100, CPU, 1),
        (4, 0, GPU, 16),
    ],
)
def test_threads_of_a_worker(machine, shards_of_all, worth, device, threads):
    work = worth * WORK_OF_A_THREAD
    assert default_threads(shards_of_all, lambda: work, device) == threads


DIVIDED = {
    **{"transfer": "none", "solver": "chebyshev", "device": "cpu"},
    **{"at_once": 0, "compile": False, "devices": 1},
}


def divided(points, *, in_turn=False, work=0.0, **chosen):
    """Stack, threads and workers; `work` is that of an operation for one point."""
    chosen = DIVIDED | chosen
    divide(
        chosen,
        points,
        in_turn=in_turn,
        fitting=lambda: points if chosen["device"] == "cpu" else 5,
        work=lambda together: together * work * WORK_OF_A_THREAD,
    )
    return tuple(chosen[name] for name in ("stack", "threads", "jobs"))


def test_points_in_turn_are_spread_over_processors_before_threads(machine):
    assert divided(40, in_turn=True, work=100) == (1, 1, 16)
    assert divided(5, in_turn=True, work=100) == (1, 3, 5)
    assert divided(1, in_turn=True, work=100) == (1, 16, 1)
    assert divided(5, in_turn=True, work=0.5) == (1, 1, 5)


def test_the_threads_of_a_stack_follow_the_work_of_all_its_points(machine):
    assert divided(9, work=0.1) == (9, 1, 1)
    assert divided(9, work=1.0) == (9, 9, 1)
    assert divided(9, work=1.0, stack=3) == (3, 3, 3)
    # They learn from each other, but compute one after another.
    assert divided(9, in_turn=True, work=1.0, transfer="adaptive") == (9, 1, 1)


def test_what_is_said_stays(machine):
    assert divided(9, work=100, threads=2) == (9, 2, 1)
    assert divided(9, in_turn=True, work=100, threads=2, jobs=3) == (1, 2, 3)
    assert divided(9, device="cuda") == (5, 16, 2)


@pytest.mark.parametrize(
    ("count", "threads", "device", "jobs"),
    [
        (9, 4, CPU, 4),
        (2, 4, CPU, 2),
        (9, 16, CPU, 1),
        (9, 20, CPU, 1),
        (9, 16, GPU, 3),
        (2, 16, GPU, 2),
        (9, 16, torch.device("cuda:1"), 1),
    ],
)
def test_workers_at_a_time(machine, count, threads, device, jobs):
    assert default_jobs(count, threads, device) == jobs

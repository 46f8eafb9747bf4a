import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from paretocli.sweep import plan as plan_module
from paretocli.sweep.plan import Shard, default_jobs, default_threads, shards, unfinished


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


CPU, GPU = torch.device("cpu"), torch.device("cuda")


@pytest.fixture
def machine(monkeypatch):
    """Sixteen processors and three GPUs."""
    monkeypatch.setattr(plan_module, "available_threads", lambda: 16)
    monkeypatch.setattr(plan_module.torch.cuda, "device_count", lambda: 3)


@pytest.mark.parametrize(
    ("points", "together", "device", "threads"),
    [
        (1, True, CPU, 16),
        (9, True, CPU, 16),
        (4, False, CPU, 4),
        (5, False, CPU, 3),
        (40, False, CPU, 1),
        (4, False, GPU, 16),
    ],
)
def test_threads_of_a_worker(machine, points, together, device, threads):
    assert default_threads(points, together=together, device=device) == threads


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

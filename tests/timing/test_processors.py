"""Processors to stay on, as far as the system lets a process choose."""

import os
import sys
import threading

import pytest

from paretocli.timing import processors
from paretocli.timing.processors import chosen_processors, pinned

LINUX = sys.platform == "linux"
linux = pytest.mark.skipif(not LINUX, reason="other systems let no process choose")


def cores(folder, *siblings):
    """What the system says of processors that share cores."""
    for row in siblings:
        for number in row:
            file = folder / f"cpu{number}" / "topology" / "thread_siblings_list"
            file.parent.mkdir(parents=True)
            file.write_text(",".join(map(str, row)) + "\n")
    return folder


@pytest.mark.parametrize(
    ("threads", "expected"), [(1, (3,)), (2, (2, 3)), (3, (2, 3, 7)), (4, (2, 3, 6, 7)), (5, ())]
)
def test_each_thread_has_a_core_of_its_own_while_there_are_some(tmp_path, threads, expected):
    topology = cores(tmp_path, (2, 6), (3, 7))
    assert chosen_processors({7, 6, 3, 2}, threads, topology) == expected


def test_where_nothing_is_said_each_is_a_core(tmp_path):
    assert chosen_processors({0, 1}, 2, tmp_path) == (0, 1)
    assert chosen_processors({0, 1}, 3, tmp_path) == ()


@linux
def test_all_threads_stay_there_and_may_leave_afterwards():
    before = os.sched_getaffinity(0)
    ready, done, seen = threading.Event(), threading.Event(), []

    def other():
        ready.wait(10)
        seen.append(os.sched_getaffinity(0))
        done.wait(10)
        seen.append(os.sched_getaffinity(0))

    thread = threading.Thread(target=other)
    thread.start()
    with pinned(1) as chosen:
        assert len(chosen) == 1
        assert os.sched_getaffinity(0) == {*chosen}
        ready.set()
        while not seen:
            pass
    done.set()
    thread.join()
    assert seen == [{*chosen}, before]
    assert os.sched_getaffinity(0) == before


@linux
def test_nothing_is_pinned_where_that_is_not_permitted(monkeypatch):
    def refuse(task, wanted):
        raise PermissionError

    monkeypatch.setattr(processors.os, "sched_setaffinity", refuse)
    with pinned(1) as chosen:
        assert chosen == ()


@linux
def test_more_threads_than_processors_are_not_pinned():
    before = os.sched_getaffinity(0)
    with pinned(10_000) as chosen:
        assert chosen == ()
        assert os.sched_getaffinity(0) == before

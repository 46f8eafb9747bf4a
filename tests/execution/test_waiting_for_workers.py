"""A cluster without workers; `tests/sweeping/test_cluster.py` has the program on a real one."""

import pytest
from distributed import Client, LocalCluster

from paretocli.execution.cluster import Cluster
from paretocli.execution.executor import Ended
from tests.execution.jobs import count


@pytest.fixture
def place():
    """It has a scheduler alone."""
    options = {"n_workers": 0, "threads_per_worker": 1, "processes": False}
    with LocalCluster(**options, dashboard_address=None) as place:
        yield place


def make(client, note, stop):
    return Cluster(
        count, 0, stop, client=client, note=note, resumed=lambda *_: None, slice_seconds=60
    )


def test_workers_that_come_late_are_waited_for(place):
    notes = []

    def note(text):
        notes.append(text)
        place.scale(1)

    with (
        Client(place.scheduler_address, timeout=0.1) as client,
        make(client, note, lambda: False) as executor,
    ):
        executor.submit("a", 2)
        assert list(executor.messages()) == [("a", 0), ("a", 1), ("a", Ended())]
    assert notes == ["The cluster has no worker yet; waiting for one."]


def test_stopping_while_there_is_no_worker(place):
    asked = []
    with (
        Client(place.scheduler_address) as client,
        make(client, asked.append, lambda: bool(asked)) as executor,
    ):
        executor.submit("a", 2)
        assert list(executor.messages()) == []
    assert asked

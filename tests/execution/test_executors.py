import os
import time
from pathlib import Path

import pytest

from paretocli.errors import RunError
from paretocli.execution import nursery
from paretocli.execution.executor import Ended
from paretocli.execution.in_process import InProcess
from paretocli.execution.processes import Processes
from tests.execution.jobs import count, report


def never():
    return False


def make(kind, work, shared, stop=never, workers=2):
    if kind == "here":
        return InProcess(work, shared, stop)
    return Processes(work, shared, stop, workers)


def is_alive(pid):
    """Whether a process runs; one that is dead but not yet noticed does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def said(messages):
    by_job = {}
    for name, message in messages:
        by_job.setdefault(name, []).append(message)
    return by_job


@pytest.mark.parametrize("kind", ["here", "processes"])
def test_all_that_jobs_say_arrives_in_order(kind):
    with make(kind, count, 2) as executor:
        for job in (5, 3, 4):
            executor.submit(f"to {job}", job)
        found = said(executor.messages())
    assert found == {
        "to 5": [2, 3, 4, Ended()],
        "to 3": [2, Ended()],
        "to 4": [2, 3, Ended()],
    }


def test_what_is_larger_than_a_pipe_gets_through():
    large = b"x" * 5_000_000
    with make("processes", echo, large) as executor:
        executor.submit("a", large)
        assert said(executor.messages()) == {"a": [large + large, Ended()]}


def echo(shared, job, worker, stop):
    yield shared + job


@pytest.mark.parametrize("kind", ["here", "processes"])
def test_jobs_may_follow_from_messages(kind):
    with make(kind, count, 0) as executor:
        executor.submit("first", 1)
        found = []
        for name, message in executor.messages():
            found.append((name, message))
            if name == "first" and message == Ended():
                executor.submit("second", 1)
    assert found == [("first", 0), ("first", Ended()), ("second", 0), ("second", Ended())]


@pytest.mark.parametrize("kind", ["here", "processes"])
def test_stopping(kind):
    """What runs is asked to end, and what waits is not begun."""
    asked = []
    with make(kind, count, 0, stop=lambda: bool(asked), workers=1) as executor:
        executor.submit("endless", 10**9)
        executor.submit("waiting", 3)
        found = []
        for name, message in executor.messages():
            found.append((name, message))
            if message == 2:
                asked.append(True)
    assert {name for name, _ in found} == {"endless"}
    assert found[-2:] == [("endless", "stopped"), ("endless", Ended())]


def test_several_workers_and_no_more_than_jobs():
    with make("processes", report, None, workers=4) as executor:
        executor.submit("a", "end")
        executor.submit("b", "end")
        found = said(executor.messages())
        assert len(executor.workers) <= 2
    assert {pid for (_, pid), *_ in found.values()} - {os.getpid()}


@pytest.mark.parametrize(("job", "how"), [("die", "killed by SIGKILL"), ("exit", "exit code 7")])
def test_a_worker_that_dies_takes_its_own_job_with_it_alone(job, how):
    with make("processes", report, None) as executor:
        for name, task in [("a", "end"), ("bad", job), ("b", "end"), ("c", "end")]:
            executor.submit(name, task)
        found = said(executor.messages())
    ended = found.pop("bad")[-1]
    assert ended.lost
    assert how in ended.error
    assert all(messages[-1] == Ended() for messages in found.values())
    assert len(found) == 3


@pytest.mark.parametrize("kind", ["here", "processes"])
def test_what_a_job_raises_ends_it_alone_and_the_worker_goes_on(kind):
    with make(kind, report, None, workers=1) as executor:
        executor.submit("bad", "raise")
        executor.submit("good", "end")
        found = said(executor.messages())
    assert found["bad"][-1] == Ended("ValueError: that was")
    assert 'raise ValueError("that was\\nwrong")' in found["bad"][-1].trace
    assert found["good"][-1] == Ended()
    assert found["bad"][0] == found["good"][0]  # the same process


def test_ctrl_c_here_is_raised_and_ends_all():
    def interrupted(shared, job, worker, stop):
        yield job
        raise KeyboardInterrupt

    with make("here", interrupted, None) as executor:
        executor.submit("a", 1)
        executor.submit("b", 2)
        with pytest.raises(KeyboardInterrupt):
            list(executor.messages())


def test_what_cannot_be_loaded_by_a_worker_fails_the_job():
    with make("processes", count, Unloadable(), workers=1) as executor:
        executor.submit("a", 3)
        assert said(executor.messages()) == {"a": [Ended("RuntimeError: not here")]}


class Unloadable:
    def __reduce__(self):
        return (refuse, ())


def refuse():
    raise RuntimeError("not here")


def test_leaving_kills_what_still_runs():
    with make("processes", report, None, workers=2) as executor:
        executor.submit("a", "deaf")
        executor.submit("b", "deaf")
        pids = []
        for _, (_, pid) in executor.messages():
            pids.append(pid)
            if len(pids) == 2:
                break
        assert all(map(is_alive, pids))
        started = time.monotonic()
    assert time.monotonic() - started < 5
    assert not any(map(is_alive, pids))


def test_what_is_lost_while_stopping_is_not_begun_again():
    asked = []
    with make("processes", report, None, stop=lambda: bool(asked)) as executor:
        executor.submit("bad", "die")
        found = []
        for name, message in executor.messages():
            found.append((name, message))
            if isinstance(message, Ended):
                asked.append(True)
                executor.submit("bad again", "deaf")
    assert {name for name, _ in found} == {"bad"}


def test_stopping_does_not_wait_for_workers_to_start():
    with make("processes", count, 0, stop=lambda: True) as executor:
        executor.submit("a", 3)
        executor._start_workers()
        assert list(executor.messages()) == []
        (worker,) = executor.workers.values()
        started = time.monotonic()
    assert time.monotonic() - started < 1
    assert worker.process.returncode is not None


def test_stopping_while_a_worker_starts_and_another_is_busy():
    asked = []
    with make("processes", slow_to_stop, None, stop=lambda: bool(asked)) as executor:
        executor.submit("a", None)
        found = []
        for name, message in executor.messages():
            found.append((name, message))
            if message == "begun":
                executor.submit("b", None)
                executor._start_workers()
                assert executor.workers[1].connection.poll(60)  # it has started, unheard
                asked.append(True)
    assert found == [("a", "begun"), ("a", "stopped"), ("a", Ended())]


def slow_to_stop(shared, job, worker, stop):
    yield "begun"
    while not stop():
        time.sleep(0.01)
    time.sleep(0.5)
    yield "stopped"


def test_workers_that_never_start_are_given_up(monkeypatch):
    monkeypatch.setattr(nursery, "START", "import os; os._exit(3)")
    with make("processes", count, 0) as executor:
        executor.submit("a", 3)
        with pytest.raises(RunError, match=r"cannot be started .*exit code 3.*--jobs 1"):
            list(executor.messages())

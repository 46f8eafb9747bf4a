"""Workers are forked from a copy of the process, where that is safe."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from paretocli.execution import nursery

WORKERS = Path(__file__).parent / "jobs.py"
SCRIPT = """
import os, signal, sys, time
from paretocli.errors import RunError
from paretocli.execution.nursery import nursery
from paretocli.execution.processes import Processes
from tests.execution.jobs import count
import torch

def results(executor):
    executor.submit("a", 3)
    executor.submit("b", 2)
    return sorted((name, str(said)) for name, said in executor.messages())

how = sys.argv[1]
before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
with nursery(["fractions"]):
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before
    from paretocli.execution import nursery as module
    (there,) = module._NURSERIES
    torch.ones(300, 300) @ torch.ones(300, 300)  # threads of this process are not the workers'
    if how == "killed":
        os.kill(there.pid, signal.SIGKILL)
    with Processes(count, 0, lambda: False, 2) as executor:
        found = results(executor)
    names = {type(worker.process).__name__ for worker in executor.workers.values()}
print(found)
print(open(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read().split())
"""


AT_EXIT = """
import atexit, os, sys
from pathlib import Path
atexit.register(lambda: Path(f"ended-{os.getpid()}").touch())
from paretocli.execution.nursery import nursery
from paretocli.execution.processes import Processes
from tests.execution.jobs import count
with nursery([]):
    with Processes(count, 0, lambda: False, 2) as executor:
        executor.submit("a", 3)
        list(executor.messages())
print(os.getpid())
"""


def test_what_the_parent_does_at_its_end_no_worker_does(tmp_path):
    (tmp_path / "script.py").write_text(AT_EXIT)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "script.py"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    ended = [file.name for file in tmp_path.glob("ended-*")]
    assert ended == [f"ended-{done.stdout.strip()}"]


def run(how, tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(
        [sys.executable, "script.py", how],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("how", ["alive", "killed"])
def test_workers_do_the_same_with_and_without_one(how, tmp_path):
    done = run(how, tmp_path)
    assert done.returncode == 0, done.stderr
    found, children = done.stdout.splitlines()
    assert found.count("Ended") == 2
    assert children == "[]"


def test_with_threads_there_is_none():
    waiting = threading.Event()
    thread = threading.Thread(target=waiting.wait)
    thread.start()
    try:
        with nursery.nursery():
            assert nursery._NURSERIES == []
    finally:
        waiting.set()
        thread.join()


def test_elsewhere_there_is_none(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    with nursery.nursery():
        assert nursery._NURSERIES == []


def test_how_a_worker_ended_is_known(monkeypatch):
    monkeypatch.setattr(nursery, "_is_safe", lambda: True)
    with nursery.nursery():
        (there,) = nursery._NURSERIES
        ours, theirs = multiprocessing.Pipe()
        worker = nursery.start_worker(theirs.fileno(), 4)
        theirs.close()
        assert isinstance(worker, nursery.ForkedWorker)
        assert ours.recv() == "ready"
        name = Path(f"/proc/{worker.pid}/comm").read_text().strip()
        assert name == "paretocli-work"
        with pytest.raises(subprocess.TimeoutExpired):
            worker.wait(0.05)
        worker.kill()
        assert worker.wait(60) == worker.wait() == -signal.SIGKILL
        worker.kill()  # it is gone, and its number may be another's
        ours, theirs = multiprocessing.Pipe()
        other = nursery.start_worker(theirs.fileno(), 5)
        theirs.close()
        assert ours.recv() == "ready"
        ours.close()
        assert other.wait(60) == 0
    assert not Path(f"/proc/{there.pid}").exists()

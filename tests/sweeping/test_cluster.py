"""A sweep on a real Dask cluster: a scheduler and two workers, each a process of its own."""

import os
import signal
from functools import partial

import pandas as pd
import pytest

from paretocli.execution import cluster as cluster_of_dask
from tests.forking import Forked
from tests.processes import kill_all, started, wait_for
from tests.program import environment, files_below, in_process, paretocli

SWEEP = (
    *("sweep", "multidigits", "--network", "hps", "--no-sparsity", "--points", "3"),
    # Long enough that a fast machine is not done before it is stopped.
    *("--epochs", "20", "--train-samples", "1024", "--stack", "1", "--out", "run"),
)
OFTEN = ("--checkpoint-every", 0)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Its scheduler's address and its workers' processes; who ends one takes it off the list."""
    folder = tmp_path_factory.mktemp("elsewhere")
    file = folder / "scheduler.json"
    options = ("--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(file))
    # Nothing of the folder that the sweep runs in is known to the workers.
    start = partial(Forked, cwd=folder, environment=environment())
    processes = [start(["dask-scheduler", *options, "--port", "0"])]
    try:
        wait_for(file.exists, processes[0])
        worker = ("--no-nanny", "--nthreads", "1", "--no-dashboard", "--scheduler-file", str(file))
        processes += [start(["dask-worker", *worker]) for _ in range(2)]
        yield f"{pd.read_json(file, typ='series')['address']}", processes[1:]
    finally:
        for process in processes:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("alone")
    done = paretocli(*SWEEP, "--jobs", 1, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def table(folder):
    return pd.read_csv(folder / "run" / "results.csv").drop(columns="seconds")


def epochs(folder):
    files = sorted((folder / "run" / "history").glob("*.jsonl"))
    return {file.name: len(file.read_text().splitlines()) for file in files}


def test_ctrl_c_and_the_same_command_here(alone, cluster, tmp_path):
    """What the cluster has trained comes back, and goes on without it."""
    address, workers = cluster
    process = started(*SWEEP, "--cluster", address, *OFTEN, cwd=tmp_path)
    try:
        wait_for(lambda: list((tmp_path / "run" / "checkpoints").glob("*.pt")), process)
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)
    finally:
        kill_all(process)
    assert process.returncode == 130, said
    assert "Interrupted; the same command goes on" in said
    assert all(worker.poll() is None for worker in workers)
    done = paretocli(*SWEEP, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "going on after epoch" in done.stderr
    pd.testing.assert_frame_equal(table(tmp_path), table(alone), check_exact=True)


def test_a_worker_of_the_cluster_dies_and_the_sweep_completes(alone, cluster, tmp_path):
    address, workers = cluster
    process = started(*SWEEP, "--cluster", address, *OFTEN, cwd=tmp_path)
    checkpoints = tmp_path / "run" / "checkpoints"
    try:
        wait_for(lambda: list(checkpoints.glob("*.pt")), process)
        workers.pop().kill()
        _, said = process.communicate(timeout=120)
    finally:
        kill_all(process)
    assert process.returncode == 0, said
    pd.testing.assert_frame_equal(table(tmp_path), table(alone), check_exact=True)
    assert epochs(tmp_path) == epochs(alone)
    assert list(checkpoints.iterdir()) == []
    assert all(worker.poll() is None for worker in workers)


def test_a_cluster_of_its_own_with_the_code_of_a_file(tmp_path):
    (tmp_path / "mine.py").write_text(MINE)
    sweep = ("sweep", "mine.py:make", "--points", 2, "--stack", 1, "--out", "run")
    done = paretocli(*sweep, "--cluster", "local:1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert list(table(tmp_path)["status"]) == ["done"] * 2


MINE = """
import torch
from torch import nn
from paretocli.problems import Defaults, Problem, Samples, Task

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.x = nn.Parameter(torch.zeros(4))
    def forward(self, inputs):
        return [self.x.expand(len(inputs), 4)] * 2

def near(place):
    return lambda output, target: ((output - place) ** 2).mean()

def make():
    samples = Samples(torch.zeros(60, 1), (torch.zeros(60), torch.zeros(60)))
    return Problem(name="mine", tasks=[Task("a", near(1.0)), Task("b", near(0.0))],
                   train=samples, val=samples, test=samples, networks={"point": Net},
                   defaults=Defaults(network="point", batch_size=1, scale="none", epochs=1))
"""


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("tcp://127.0.0.1:9", "There is no scheduler at tcp://127.0.0.1:9 (.*check --cluster."),
        ("somewhere", "--cluster somewhere should be a scheduler's address such as tcp://host"),
        ("local:0", "--cluster local:0 should be"),
        ("local:many", "--cluster local:many should be"),
    ],
)
def test_addresses_that_are_none(tmp_path, monkeypatch, capfd, address, words):
    """A scheduler is waited for, not for long; here for no longer than a moment."""
    assert cluster_of_dask.CONNECTING <= 10
    monkeypatch.setattr(cluster_of_dask, "CONNECTING", 0.5)
    command = (*SWEEP, "--cluster", address)
    code, _, said = in_process(*command, cwd=tmp_path, monkeypatch=monkeypatch, capfd=capfd)
    assert code == 2
    assert words.split("(")[0] in said
    assert "Traceback" not in said
    assert files_below(tmp_path) == {}

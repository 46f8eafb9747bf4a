"""Sweeps with several workers: the same results, and what happens when a part of it dies."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest

from tests.processes import gone, kill_all, started, wait_for, workers_of
from tests.program import files_below, paretocli

SWEEP = (
    *("sweep", "multidigits", "--network", "hps", "--no-sparsity", "--points", "3"),
    *("--train-samples", "512", "--epochs", "8", "--stack", "1", "--checkpoint-every", "0"),
    *("--out", "run"),
)
FINISHED = {
    *("sweep.json", "normalisation.json", "results.csv", "front.csv", "front.png"),
    "baselines.json",
    *(f"points/{point:04d}.{kind}" for point in range(3) for kind in ("json", "safetensors")),
    *(f"searches/{point:04d}.safetensors" for point in range(3)),
    *(f"history/{point:04d}-{point:04d}.jsonl" for point in range(3)),
}


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The same sweep with one worker, which is the program itself."""
    folder = tmp_path_factory.mktemp("alone")
    done = paretocli(*SWEEP, "--jobs", 1, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@contextmanager
def begun(folder, *options):
    """A sweep with two workers, in the middle of its first two points."""
    process = started(*SWEEP, *options, "--jobs", 2, cwd=folder)
    try:
        wait_for(lambda: len(list((folder / "run" / "checkpoints").glob("*.pt"))) >= 2, process)
        yield process
    finally:
        kill_all(process)


@pytest.fixture
def running(tmp_path):
    with begun(tmp_path) as process:
        yield process


def untimed(folder):
    """All that a sweep leaves, without what tells the time or the number of workers."""
    run = folder / "run"
    found = {}
    for name, content in files_below(run).items():
        if name.endswith(".safetensors"):
            found[name] = content
        elif name.endswith(".jsonl"):
            lines = [json.loads(line) for line in content.decode().splitlines()]
            found[name] = [line | {"seconds": 0} for line in lines]
        elif name.startswith("points/"):
            found[name] = json.loads(content) | {"seconds": 0}
        elif name == "sweep.json":
            found[name] = json.loads(content)["config"]
        else:
            found[name] = None
    found["table"] = pd.read_csv(run / "results.csv").drop(columns="seconds").to_csv()
    return found


def test_results_do_not_depend_on_the_number_of_workers(alone, tmp_path):
    done = paretocli(*SWEEP, "--jobs", 2, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert untimed(tmp_path) == untimed(alone)
    assert set(files_below(tmp_path / "run")) == FINISHED


def test_a_worker_that_dies_is_replaced_once(alone, running, tmp_path):
    os.kill(workers_of(running)[0], signal.SIGKILL)
    _, said = running.communicate(timeout=120)
    assert running.returncode == 0, said
    assert "was lost: its process was killed by SIGKILL; trying again" in said
    assert "going on after epoch" in said
    assert untimed(tmp_path) == untimed(alone)


def test_a_shard_whose_workers_die_is_given_up_and_the_others_are_not(alone, tmp_path):
    """Its own code ends the process, each time."""
    (tmp_path / "deadly.py").write_text(DEADLY)
    sweep = (
        "sweep",
        "deadly.py:make",
        "--weights",
        "0.02,0.98",
        "--weights",
        "0.98,0.02",
        "--stack",
    )
    sweep += (1, "--scale", "none", "--out", "run")
    done = paretocli(*sweep, "--jobs", 2, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.count("exit code 9; trying again") == 1
    assert "1 of 2 shards failed (0001-0001: its process ended with exit code 9)" in done.stderr
    assert list(pd.read_csv(tmp_path / "run" / "results.csv")["point"]) == [0]
    (tmp_path / "allow").touch()
    done = paretocli(*sweep, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert list(pd.read_csv(tmp_path / "run" / "results.csv")["point"]) == [0, 1]


DEADLY = """
import os
import pathlib

import torch
from torch import nn
from paretocli.problems import Defaults, Problem, Samples, Task

HERE = pathlib.Path(__file__).parent

def near(place):
    def loss(output, target):
        # The second point comes close to 1, the first does not.
        if output.mean() > 0.5 and not (HERE / "allow").exists():
            os._exit(9)
        return ((output - place) ** 2).mean()
    return loss

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.x = nn.Parameter(torch.zeros(4))
    def forward(self, inputs):
        return [self.x.expand(len(inputs), 4)] * 2

def make():
    samples = Samples(torch.zeros(60, 1), (torch.zeros(60), torch.zeros(60)))
    tasks = [Task(name, near(p), lower_bound=0.0) for name, p in {"a": 1.0, "b": 0.0}.items()]
    return Problem(name="deadly", tasks=tasks,
                   train=samples, val=samples, test=samples, networks={"point": Net},
                   defaults=Defaults(network="point", batch_size=1, scale="none", epochs=6,
                                     optimizer="sgd", schedule="constant", lr=0.1))
"""


def test_when_the_program_is_killed_its_workers_die_and_the_same_command_goes_on(
    alone, running, tmp_path
):
    assert len(workers_of(running)) == 2
    running.kill()
    wait_for(lambda: gone(running))
    done = paretocli(*SWEEP, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "going on after epoch" in done.stderr
    assert untimed(tmp_path) == untimed(alone)
    assert set(files_below(tmp_path / "run")) == FINISHED


def test_asked_once_it_saves_and_says_how_to_go_on(alone, running, tmp_path):
    """The whole group hears it."""
    os.killpg(running.pid, signal.SIGTERM)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 143
    assert "Stopping after this epoch; once more to stop at once." in said
    assert said.endswith("Interrupted; the same command goes on from what was finished.\n")
    assert "Traceback" not in said
    wait_for(lambda: gone(running))
    assert len(list((tmp_path / "run" / "checkpoints").glob("*.pt"))) >= 1
    assert not (tmp_path / "run" / ".lock").exists()
    # Nothing after the last checkpoint was lost: it goes on where it stopped.
    stopped = {n: c for n, c in files_below(tmp_path / "run").items() if n.startswith("history")}
    done = paretocli(*SWEEP, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for name, content in stopped.items():
        assert (tmp_path / "run" / name).read_bytes().startswith(content)
    assert untimed(tmp_path) == untimed(alone)


def test_asked_twice_it_stops_at_once(tmp_path):
    """With Ctrl-C at a terminal, in an epoch that would take minutes."""
    (tmp_path / "slow.py").write_text(SLOW)
    sweep = ("sweep", "slow.py:make", "--weights", "0.3,0.7", "--weights", "0.6,0.4", "--stack", 1)
    process = started(*sweep, "--jobs", 2, "--out", "run", cwd=tmp_path)
    try:
        wait_for(lambda: len(list(tmp_path.glob("training-*"))) == 2, process)
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(1)
        assert process.poll() is None
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=10)
        assert process.returncode == 130
        assert "Stopping after this epoch; once more to stop at once." in said
        assert "Traceback" not in said
        wait_for(lambda: gone(process))
    finally:
        kill_all(process)


SLOW = DEADLY.replace(
    'if output.mean() > 0.5 and not (HERE / "allow").exists():\n            os._exit(9)',
    "if output.requires_grad and len(output) == 7:\n"
    "            (HERE / f'training-{os.getpid()}').touch()\n"
    "            __import__('time').sleep(600)",
).replace("batch_size=1", "batch_size=7")


def test_a_second_sweep_on_one_directory_is_refused_at_once(tmp_path):
    with begun(tmp_path, "--epochs", 500) as process:
        before = time.monotonic()
        done = paretocli(*SWEEP, "--epochs", 500, cwd=tmp_path)
        assert done.returncode == 2
        assert f"run is in use by another sweep (process {process.pid} on " in done.stderr
        assert time.monotonic() - before < 30
        assert process.poll() is None


def test_a_directory_that_disappears(running, tmp_path):
    (tmp_path / "run").rename(tmp_path / "elsewhere")
    _, said = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "No such file or directory" in said
    assert "Traceback" not in said
    wait_for(lambda: gone(running))


def allowed(*command):
    """Whether this machine lets a test use a namespace."""
    return (
        sys.platform == "linux"
        and subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0
    )


# Rights mean nothing to root, unless it is one in a namespace of its own.
AS_ANYBODY = ["unshare", "--user"] if os.geteuid() == 0 else []


@pytest.mark.skipif(bool(AS_ANYBODY) and not allowed(*AS_ANYBODY), reason="no user namespaces here")
def test_a_directory_that_becomes_read_only(alone, tmp_path):
    process = started(*SWEEP, "--jobs", 2, cwd=tmp_path, under=AS_ANYBODY)
    run = tmp_path / "run"
    folders = [run, *(run / name for name in ("points", "history", "checkpoints"))]
    try:
        wait_for(lambda: len(list((run / "checkpoints").glob("*.pt"))) >= 2, process)
        for folder in folders:
            folder.chmod(0o555)
        _, said = process.communicate(timeout=60)
        wait_for(lambda: gone(process))
    finally:
        kill_all(process)
        for folder in folders:
            folder.chmod(0o755)
    assert process.returncode == 1
    assert said.endswith(": Permission denied; mend that, and the same command goes on.\n")
    done = paretocli(*SWEEP, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "going on after epoch" in done.stderr
    assert untimed(tmp_path) == untimed(alone)
    assert set(files_below(run)) == FINISHED


def test_a_clock_that_runs_backwards(alone, tmp_path):
    """And fast: a quarter of an hour a second."""
    (tmp_path / "clock").mkdir()
    (tmp_path / "clock" / "sitecustomize.py").write_text(BACKWARDS)
    process = started(*SWEEP, "--jobs", 2, cwd=tmp_path, PYTHONPATH=str(tmp_path / "clock"))
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert untimed(tmp_path) == untimed(alone)
    assert (tmp_path / "clock" / "asked").exists()
    table = pd.read_csv(tmp_path / "run" / "results.csv")
    assert table["seconds"].between(0.01, 120).all()


BACKWARDS = """
import pathlib, time
steady = time.monotonic
def wall():
    (pathlib.Path(__file__).parent / "asked").touch()
    return 2e9 - 900 * steady()
time.time = wall
time.time_ns = lambda: int(1e9 * wall())
"""

# Mounts need rights of their own, which a namespace gives where the system allows it.
NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount"]


@pytest.mark.skipif(not allowed(*NAMESPACE), reason="no user namespaces here")
def test_a_full_disk(alone, tmp_path):
    """A small file system fills up in the middle of a sweep; with more room, it goes on."""
    (tmp_path / "disk").mkdir()
    script = """
        mount -t tmpfs -o size=600k tmpfs disk && echo small && read go_on
        mount -o remount,size=50m disk && echo large && read go_on
    """
    holder = subprocess.Popen(
        [*NAMESPACE, "sh", "-c", script],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    # Others see what is mounted there by way of the process that has mounted it.
    disk = Path(f"/proc/{holder.pid}/root{tmp_path}/disk")
    with holder:
        assert holder.stdout.readline() == "small\n"
        first = paretocli(*SWEEP, "--jobs", 1, "--out", disk / "run", cwd=tmp_path)
        holder.stdin.write("\n")
        holder.stdin.flush()
        assert holder.stdout.readline() == "large\n"
        second = paretocli(*SWEEP, "--out", disk / "run", cwd=tmp_path)
        shutil.copytree(disk / "run", tmp_path / "run")
        holder.stdin.close()
    assert first.returncode in {1, 2}
    assert "No space left on device" in first.stderr
    assert "Traceback" not in first.stderr
    assert second.returncode == 0, second.stderr
    assert untimed(tmp_path) == untimed(alone)

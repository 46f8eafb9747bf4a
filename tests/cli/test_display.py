"""Losing what a run is shown on loses nothing of the run."""

import json
import os
import pty
import shlex
import signal
import subprocess

import pandas as pd
import pytest

from tests.forking import Forked, run_script
from tests.pictures import DRAWN
from tests.processes import gone, kill_all, wait_for, workers_of
from tests.program import PROGRAM, environment, paretocli

SWEEP = ("sweep", "vlmop2", "--points", "3", "--epochs", "2", "--stack", "1", "--out", "run")
LONG = ("sweep", "vlmop2", "--points", "2", "--epochs", "5000", "--stack", "1", "--out", "run")


@pytest.fixture(scope="module")
def piped(tmp_path_factory):
    """Of `paretocli … | command`, the program's exit code, and what is left to be read."""

    def run(command, cwd):
        script = ["bash", "-c", f"{command}; exit ${{PIPESTATUS[0]}}"]
        ended = run_script(script, cwd, environment(**DRAWN), tmp_path_factory.mktemp("bin"))
        return ended.returncode, ended.stdout, ended.stderr

    return run


def forked(*arguments, cwd, **streams):
    """The program in the background, with another stdout or stderr than a file."""
    return Forked(["paretocli", *arguments], cwd, environment(), **streams)


@pytest.fixture(scope="module")
def solved(tmp_path_factory, piped):
    """A sweep whose reader went away after the first line."""
    folder = tmp_path_factory.mktemp("display")
    code, shown, rest = piped(f"paretocli {shlex.join(SWEEP)} 2>&1 | head -1", folder)
    assert (code, rest) == (0, "")
    assert shown.startswith("Computing on ")
    return folder


def test_a_reader_that_goes_away(solved, piped):
    assert list(pd.read_csv(solved / "run" / "results.csv")["status"]) == ["done"] * 3
    assert (solved / "run" / "front.png").stat().st_size > 10_000
    code, shown, rest = piped("paretocli front run | head -1", solved)
    assert (code, rest) == (0, "")
    assert shown.strip()


def test_a_full_disk_behind_stdout_is_said(solved):
    """Somebody reads that file; and all that was asked for besides has been done."""
    process = forked(*SWEEP, "--json", cwd=solved, out="/dev/full")
    assert process.wait() == 1
    assert process.communicate()[1].endswith(
        "Error: Standard output could not be written (No space left on device); what was to be "
        "shown is cut or lost, all else was done.\n"
    )


def test_stderr_that_is_full_or_closed_is_no_fault(solved, tmp_path):
    process = forked(*SWEEP, "--json", cwd=tmp_path, err="/dev/full")
    assert process.wait() == 0
    assert len(json.loads(process.communicate()[0])["points"]) == 3
    started = ["bash", "-c", f"exec {PROGRAM} front run --json 2>&-"]
    ended = subprocess.run(
        started, cwd=solved, env=environment(), stdout=subprocess.PIPE, check=False
    )
    assert ended.returncode == 0
    assert len(json.loads(ended.stdout)) == len(pd.read_csv(solved / "run" / "front.csv"))


def test_a_terminal_that_is_closed(tmp_path):
    """The system sends SIGHUP to all that ran on it: parent and workers; what they did is saved.

    A cluster does the same and more than once.
    """
    ours, theirs = pty.openpty()
    process = forked(*LONG, "--jobs", "2", cwd=tmp_path, out=os.ttyname(theirs))
    os.close(theirs)
    try:
        history = tmp_path / "run" / "history"
        wait_for(lambda: len(list(history.glob("*.jsonl"))) == 2, process)
        pids = (*workers_of(process), process.pid)
        os.close(ours)
        for pid in pids:
            os.kill(pid, signal.SIGHUP)
        wait_for(lambda: gone(process))
    finally:
        kill_all(process)
    assert process.returncode == 128 + signal.SIGHUP
    said = process.communicate()[1]
    assert said.count("Stopping after this epoch") == 1
    assert "was lost" not in said
    assert len(list((tmp_path / "run" / "checkpoints").glob("*.pt"))) == 2
    found = json.loads(paretocli("status", "run", "--json", cwd=tmp_path).stdout)
    assert found["stopped"] == 2
    assert found["holder"] == ""

"""Losing what a run is shown on loses nothing of the run."""

import json
import os
import pty
import shlex
import signal
import subprocess

import pandas as pd
import pytest

from tests.forking import Forked
from tests.processes import gone, kill_all, wait_for, workers_of
from tests.program import PROGRAM, environment, paretocli

SWEEP = ("sweep", "vlmop2", "--points", "3", "--epochs", "2", "--stack", "1", "--out", "run")
LONG = ("sweep", "vlmop2", "--points", "2", "--epochs", "5000", "--stack", "1", "--out", "run")


def shell(command, cwd, **changes):
    """Of `PROGRAM … | command`, the program's exit code and what is left on stderr."""
    ended = subprocess.run(
        ["bash", "-c", f"{command.replace('PROGRAM', str(PROGRAM))}; exit ${{PIPESTATUS[0]}}"],
        cwd=cwd,
        env=environment(**changes),
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout, ended.stderr


def forked(*arguments, cwd, **streams):
    """The program in the background, with another stdout or stderr than a file."""
    return Forked(["paretocli", *arguments], cwd, environment(), **streams)


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    """A sweep whose reader went away after the first line."""
    folder = tmp_path_factory.mktemp("display")
    code, shown, rest = shell(f"PROGRAM {shlex.join(SWEEP)} 2>&1 | head -1", folder)
    assert (code, rest) == (0, "")
    assert shown.startswith("Computing on ")
    return folder


def test_a_reader_that_goes_away(solved):
    assert list(pd.read_csv(solved / "run" / "results.csv")["status"]) == ["done"] * 3
    assert (solved / "run" / "front.png").exists()
    code, shown, rest = shell("PROGRAM front run | head -1", solved)
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
    code, shown, _ = shell("PROGRAM front run --json 2>&-", solved)
    assert code == 0
    assert len(json.loads(shown)) == len(pd.read_csv(solved / "run" / "front.csv"))


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

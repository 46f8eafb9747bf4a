"""A package from outside is installed, and the commands know what it offers."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.program import forked, paretocli

EXTENSION = Path(__file__).parent.parent / "examples" / "extension"


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with the package in it."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", folder]
    subprocess.run([*command, EXTENSION], check=True)
    return {"PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])}


def test_it_is_used_from_the_command_line(installed, tmp_path):
    (tmp_path / "a.toml").write_text('network = "deep"\nsolver-power = 6.0\n')
    done = paretocli(
        *("sweep", "circles", "--config", "a.toml", "--solver", "power", "--points", 3),
        *("--transfer", "ring", "--ring-share", 0.3, "--epochs", 2, "--out", "a", "--quiet"),
        cwd=tmp_path,
        **installed,
    )
    assert done.returncode == 0, done.stderr
    config = json.loads((tmp_path / "a" / "sweep.json").read_text())["config"]
    assert (config["network"], config["solver"], config["solver_power"]) == ("deep", "power", 6.0)
    assert (config["transfer"], config["ring_share"]) == ("ring", 0.3)
    assert {"penalty", "smoothing"} <= set(config)
    exported = paretocli(
        "export", "a", 0, "--format", "pickle", "--out", "small", cwd=tmp_path, **installed
    )
    assert exported.returncode == 0, exported.stderr
    assert (tmp_path / "small" / "network.pkl").is_file()
    table = paretocli("problems", cwd=tmp_path, **installed)
    assert "circles" in table.stdout


def test_help_and_notes_know_it(installed, tmp_path):
    shown = paretocli("sweep", "--help", cwd=tmp_path, COLUMNS="200", **installed)
    for text in ("--solver-power", "--ring-share", "power (weighted power)", "deep (4 shared"):
        assert text in shown.stdout
    assert "torch" not in shown.stderr
    assert "[default: ()]" not in shown.stdout  # where there is nothing to say
    done = paretocli(
        *("sweep", "vlmop2", "--solver-power", 3, "--dry-run"), cwd=tmp_path, **installed
    )
    assert "No effect with --solver chebyshev: --solver-power." in done.stderr
    wrong = paretocli(
        *("sweep", "circles", "--solver", "power", "--solver-power", 0.5), cwd=tmp_path, **installed
    )
    assert wrong.returncode == 2
    assert "--solver-power should be from 1 to below 100, found 0.5" in wrong.stderr
    without = paretocli("sweep", "circles", cwd=tmp_path)
    assert without.returncode == 2
    assert "There is no problem named 'circles'" in without.stderr


def test_its_own_tests_pass(installed):
    done = forked(["pytest", "-q", "-p", "no:cacheprovider", "tests"], EXTENSION, **installed)
    assert done.returncode == 0, done.stdout + done.stderr

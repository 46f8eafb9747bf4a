"""A small solved sweep for commands that need one."""

import shutil

import pytest

from tests.program import paretocli
from tests.three_points import SWEEP


@pytest.fixture(scope="session")
def three_points(tmp_path_factory):
    """A folder with a sweep of `vlmop2`, in `run`; not to be changed."""
    folder = tmp_path_factory.mktemp("three")
    done = paretocli(*SWEEP, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def folder(three_points, tmp_path):
    """A folder with a copy of it."""
    shutil.copytree(three_points / "run", tmp_path / "run")
    return tmp_path

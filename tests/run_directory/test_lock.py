"""Who holds a run directory."""

import subprocess
import sys
import time

import pytest

from paretocli.errors import InputError
from paretocli.run_directory.lock import LOCK, in_use, sole_user

# Asks without end, as `status` does in a loop.
ASKING = """
import sys
from pathlib import Path
from paretocli.run_directory.lock import in_use
print(flush=True)
while True:
    in_use(Path(sys.argv[1]))
"""


@pytest.fixture
def asked(tmp_path):
    """A directory that two processes ask about all the time."""
    (tmp_path / LOCK).touch()
    command = [sys.executable, "-c", ASKING, str(tmp_path)]
    askers = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
    for asker in askers:
        assert asker.stdout.readline()
    yield tmp_path
    for asker in askers:
        asker.kill()
        asker.communicate()


def test_those_who_ask_keep_nobody_out(asked):
    """Each of many starts gets the lock, with the file left by a kill or made anew."""
    for _ in range(200):
        with sole_user(asked):
            assert in_use(asked).startswith("process ")
        (asked / LOCK).touch()


def test_nobody_else_gets_in_while_others_ask(asked):
    with sole_user(asked):
        until = time.monotonic() + 0.3
        while time.monotonic() < until:
            with pytest.raises(InputError, match="in use by another sweep"), sole_user(asked):
                pass
    assert in_use(asked) == ""


def test_a_folder_in_the_place_of_the_lock(tmp_path):
    """It is moved aside, which is said; nobody's files are removed."""
    (tmp_path / LOCK).mkdir()
    (tmp_path / LOCK / "theirs").touch()
    with sole_user(tmp_path) as notes:
        assert (tmp_path / LOCK).is_file()
        assert notes == [f"{tmp_path / LOCK} was no file: moved to {LOCK}.aside-1."]
    assert (tmp_path / f"{LOCK}.aside-1" / "theirs").exists()
    with sole_user(tmp_path) as notes:
        assert notes == []

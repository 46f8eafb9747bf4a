"""Tables and records that are no files: nobody waits for them, and none fills the memory."""

import os
import signal
from contextlib import contextmanager

import pytest

from paretocli.errors import InputError
from paretocli.front.results import read_results
from paretocli.plots.layers_data import read_layers

KINDS = {
    "a pipe": os.mkfifo,
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a link to itself": lambda path: path.symlink_to(path.name),
}


@contextmanager
def at_once():
    """Fail where something takes more than a few seconds."""

    def too_long(*_):
        raise AssertionError("it hangs")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(10)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("kind", KINDS)
def test_a_table(kind, tmp_path):
    KINDS[kind](tmp_path / "results.csv")
    with at_once(), pytest.raises(InputError, match=r"results\.csv"):
        read_results(tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_a_record(kind, tmp_path):
    (tmp_path / "points").mkdir()
    KINDS[kind](tmp_path / "points" / "0001.json")
    with at_once(), pytest.raises(InputError, match=r"0001\.json"):
        read_layers(tmp_path, 1)

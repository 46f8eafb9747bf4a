"""Damaged and crafted run directories: one sentence, nothing else touched, nothing lost.

`tests.studies.damaged_directories` tries each command on each kind of damage.
"""

import shutil
from itertools import cycle

import pytest

from tests import damage
from tests.program import paretocli

FAST = ("status", "front", "select", "status --json", "compare")
DRAWN = [
    ("plot-front", "results", "texts"),
    ("--history", "history", "a late epoch"),
    ("--layers", "record", "layers of nothing"),
    ("--html", "results", "a steering name"),
    ("export", "network", "a long header"),
    ("export", "record", "a weights_file outside"),
]
READ = ("sweep", "record", "history", "normalisation", "results")
TRIED = [case for case in damage.cases() if case[0] in READ]
CASES = [(command, *case) for command, case in zip(cycle(FAST), TRIED, strict=False)]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with run directories, and what their results should be."""
    folder = tmp_path_factory.mktemp("damage")
    return folder, damage.make(folder)


@pytest.mark.parametrize(("command", "kind", "harm"), [*CASES, *DRAWN])
def test_reading(command, kind, harm, made, tmp_path):
    damage.damaged(made[0] / "finished", tmp_path, kind, harm)
    damage.refuse_harm(tmp_path, damage.run(tmp_path, *damage.READING[command]))


def test_a_sweep_heals_all_that_is_damaged(made, tmp_path):
    folder, expected = made
    path = damage.damaged(folder / "half", tmp_path, "checkpoint", "a loss of another shape")
    run = path.parents[1]
    harms = {
        "record": damage.OWN["record"]["a weights_file outside"],
        "network": damage.ANY["cut"],
        "history": damage.OWN["history"]["not UTF-8"],
        "normalisation": damage.ANY["a link outside"],
        "results": damage.ANY["a folder"],
        "front": damage.ANY["a pipe"],
    }
    for kind, harm in harms.items():
        harm(run / damage.FILES[kind])
    shown = paretocli(*damage.SWEEP, cwd=tmp_path)
    damage.refuse_harm(tmp_path, shown)
    damage.refuse_loss(tmp_path, shown, "record", expected)


def test_a_settings_file_that_is_damaged_costs_no_point(made, tmp_path):
    folder, expected = made
    damage.damaged(folder / "half", tmp_path, "sweep", "cut")
    shown = paretocli(*damage.SWEEP, cwd=tmp_path)
    damage.refuse_harm(tmp_path, shown)
    damage.refuse_loss(tmp_path, shown, "sweep", expected)
    shutil.copy(folder / "half" / "sweep.json", tmp_path / "run" / "sweep.json")
    assert paretocli(*damage.SWEEP, cwd=tmp_path).returncode == 0
    assert damage.table_of(tmp_path / "run") == expected

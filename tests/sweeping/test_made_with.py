"""What points were made with, and what is said where that changes."""

import hashlib
import json
import sys
from importlib.metadata import version

import pytest

from paretocli.problems.loading import imported_checksums
from paretocli.run_directory.sweep_file import SweepFile
from paretocli.sweeping.made_with import notes_on_changes
from tests.program import paretocli

TORCH = version("torch")


def begun(tmp_path, torch=TORCH, **imported):
    versions = {} if torch is None else {"torch": torch}
    return SweepFile(tmp_path, {}, {}, {}, {}, {}, versions, imported)


def record(torch=None):
    return {} if torch is None else {"made_with": {"versions": {"torch": torch}}}


@pytest.mark.parametrize(
    ("sweep", "records", "told"),
    [
        (TORCH, [], ""),
        (TORCH, [record(), record(TORCH)], ""),
        ("2.0", [record(TORCH)], ""),
        ("2.0", [record()], "torch 2.0, and the rest"),
        (TORCH, [record("2.0"), record("2.1")], "torch 2.0 and 2.1, and the rest"),
        (None, [record()], ""),
        ("2.0", [], ""),
    ],
)
def test_another_torch_is_said(tmp_path, sweep, records, told):
    notes = notes_on_changes(begun(tmp_path, sweep), records, {})
    assert len(notes) == bool(told)
    assert told in "".join(notes)
    assert not notes or f"torch {TORCH}" in notes[0]


def test_another_module_is_said(tmp_path):
    sweep = begun(tmp_path, **{"a.py": "1", "b.py": "2"})
    assert notes_on_changes(sweep, [], {"a.py": "1", "b.py": "2", "c.py": "3"}) == []
    (note,) = notes_on_changes(sweep, [], {"a.py": "0", "b.py": "2"})
    assert note.startswith("a.py, which the problem imports, is not as when")
    (note,) = notes_on_changes(sweep, [], {})
    assert note.startswith("a.py, b.py, which the problem imports, are not")


def test_modules_of_the_users_own_alone_are_seen(tmp_path, monkeypatch):
    names = ("made_with_helper", "made_with_other")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "site-packages").mkdir()
    for folder, name in (("mine", names[0]), ("mine/site-packages", names[1])):
        (tmp_path / folder / f"{name}.py").write_text("VALUE = 1\n")
        monkeypatch.syspath_prepend(tmp_path / folder)
        monkeypatch.delitem(sys.modules, name, raising=False)
        __import__(name)
    found = imported_checksums(f"{tmp_path}/mine/problem.py:make")
    assert found == {"made_with_helper.py": hashlib.sha256(b"VALUE = 1\n").hexdigest()}
    assert imported_checksums("vlmop2") == imported_checksums("table:a.csv") == {}
    assert imported_checksums(f"{tmp_path}/elsewhere/problem.py:make") == {}


def test_a_sweep_goes_on_with_a_changed_module(tmp_path):
    (tmp_path / "factor.py").write_text("FACTOR = 1.0\n")
    (tmp_path / "problem.py").write_text(
        "import dataclasses, factor\n"
        "from paretocli.problems.analytic import make_vlmop2\n"
        "def make():\n"
        "    return dataclasses.replace(make_vlmop2(), name='mine')\n"
    )
    command = ("sweep", "problem.py:make", "--points", 3, "--epochs", 2, "--stack", 1)
    done = paretocli(*command, "--out", "run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    sweep = json.loads((tmp_path / "run" / "sweep.json").read_text())
    assert list(sweep["imported"]) == ["factor.py"]
    assert sweep["machine"]["threads"] == 1
    (tmp_path / "factor.py").write_text("FACTOR = 2.0\n")
    again = paretocli(*command, "--out", "run", cwd=tmp_path)
    assert "factor.py" not in again.stderr  # nothing is left to be solved
    (tmp_path / "run" / "points" / "0001.json").unlink()
    again = paretocli(*command, "--out", "run", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert "factor.py, which the problem imports, is not as when this sweep began" in again.stderr

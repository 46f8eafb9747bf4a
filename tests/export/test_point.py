"""The problem of a run directory, from wherever it is exported."""

import pytest

from paretocli.errors import InputError
from paretocli.export.problem_code import problem_from_here
from paretocli.problems.loading import source_checksum


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A run directory below the folder of its problem, seen from another one with such a file."""
    for folder in ("mine", "other"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "problem.py").write_text(f"# {folder}")
    (tmp_path / "mine" / "table.csv").touch()
    (tmp_path / "mine" / "runs" / "1").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "other")
    return tmp_path / "mine" / "runs" / "1"


def test_a_relative_path_is_found_above_the_run(run, monkeypatch):
    mine = run.parents[1]
    checksums = source_checksum(f"{mine / 'problem.py'}:make")
    assert problem_from_here("problem.py:make", run, checksums) == f"{mine / 'problem.py'}:make"
    assert problem_from_here("table:table.csv", run, {}) == f"table:{mine / 'table.csv'}"
    monkeypatch.chdir(mine)
    assert problem_from_here("problem.py:make", run, checksums) == "problem.py:make"


@pytest.mark.parametrize("name", ["multidigits", "mulan:enb", "package:thing"])
def test_other_names_stay(name, run):
    assert problem_from_here(name, run, {}) == name


def test_a_file_that_is_not_there_or_another_one(run):
    with pytest.raises(InputError, match=r"problem2\.py of .* with --problem PATH:make"):
        problem_from_here("problem2.py:make", run, {})
    with pytest.raises(InputError, match=r"The code in problem\.py is another .*; bring"):
        problem_from_here("problem.py:make", run, {"source": "before"})

"""The problem of a run directory, from wherever it is exported."""

from pathlib import Path

import pytest

from paretocli.errors import InputError
from paretocli.exporting.problem_code import chosen_problem, problem_from_here
from paretocli.problems.loading import source_checksum
from paretocli.run_directory.sweep_file import SweepFile


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


def sweep_of(run, problem="problem.py:make"):
    """A sweep of the problem in the folder `mine`."""
    checksums = source_checksum(f"{run.parents[1] / 'problem.py'}:make")
    return SweepFile(run, {"problem": problem}, checksums, {})


def test_code_that_a_directory_names_runs_after_a_clear_consent_alone(run):
    found = f"{run.parents[1] / 'problem.py'}:make"
    asked = []
    assert chosen_problem(sweep_of(run), None, lambda file: not asked.append(file)) == found
    assert asked == [found.removesuffix(":make")]
    with pytest.raises(InputError, match=f"was not run; name it with --problem {found} if you"):
        chosen_problem(sweep_of(run), None, lambda _: False)


def test_what_is_no_code_or_named_by_the_user_needs_no_consent(run):
    def never(file):
        raise AssertionError(file)

    assert chosen_problem(sweep_of(run, "multidigits"), None, never) == "multidigits"
    table = f"table:{run.parents[1] / 'table.csv'}"
    assert chosen_problem(sweep_of(run, "table:table.csv"), None, never) == table
    mine = f"{run.parents[1] / 'problem.py'}:make"
    assert chosen_problem(sweep_of(run), mine, never) == mine


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("problem.py:make", "The code in problem.py:make is another one"),
        ("problem.py:other", "is another problem than that of"),
        ("multidigits", "is another problem than that of"),
        ("nowhere.py:make", "There is no file nowhere.py"),
    ],
)
def test_a_problem_that_was_named_is_the_sweeps_own(run, given, words):
    with pytest.raises(InputError, match=words):
        chosen_problem(sweep_of(run), given, lambda _: True)


def test_a_file_that_is_gone_is_missed_under_its_own_name_too(run, monkeypatch):
    monkeypatch.chdir(run.parents[1])
    sweep = sweep_of(run)
    assert chosen_problem(sweep, "problem.py:make", lambda _: True) == "problem.py:make"
    Path("problem.py").unlink()
    with pytest.raises(InputError, match=r"There is no file problem\.py"):
        chosen_problem(sweep, "problem.py:make", lambda _: True)

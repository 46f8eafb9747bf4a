"""Making problems: from files, names, families and other packages."""

import textwrap

import pytest

from paretocli.errors import InputError
from paretocli.problems.asked import Asked
from paretocli.problems.catalogue import by_name, installed
from paretocli.problems.loading import load_problem

TOY = """
import torch
from paretocli.problems import Problem, Samples, Task

def loss(output, target):
    return (output - target).square().mean()

def make():
    data = Samples(torch.zeros(2, 3), (torch.zeros(2),))
    return Problem(name="toy", tasks=[Task("a", loss)], train=data, val=data, test=data)
"""


@pytest.fixture
def write(tmp_path):
    def write(text, name="mine.py"):
        path = tmp_path / name
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    return write


@pytest.fixture
def offer(tmp_path, monkeypatch):
    """Install a package that offers problems through entry points."""

    def offer(code, **points):
        site = tmp_path / "site"
        info = site / "toy_problems-1.0.dist-info"
        info.mkdir(parents=True)
        (site / "toy_problems.py").write_text(code, encoding="utf-8")
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-problems\nVersion: 1.0\n")
        lines = [f"{name} = {target}" for name, target in points.items()]
        (info / "entry_points.txt").write_text("\n".join(["[paretocli.problems]", *lines]) + "\n")
        monkeypatch.syspath_prepend(site)
        monkeypatch.delitem(__import__("sys").modules, "toy_problems", raising=False)

    return offer


# A user's file


def test_a_function_in_a_file(write, tmp_path):
    assert load_problem(f"{write(TOY)}:make", tmp_path).objectives == ("a",)


def test_a_function_that_wants_the_data_directory(write, tmp_path):
    path = write(TOY.replace("make()", "make(data_dir)").replace('"toy"', "str(data_dir)"))
    assert load_problem(f"{path}:make", tmp_path / "data").name == str(tmp_path / "data")


def test_dataclasses_in_a_users_file_work(write, tmp_path):
    # They look their module up, so it must be known while it runs.
    text = "from __future__ import annotations\nfrom dataclasses import dataclass\n"
    text += "@dataclass\nclass Thing:\n    x: int = 1\n" + TOY
    assert load_problem(f"{write(text)}:make", tmp_path).name == "toy"


@pytest.mark.parametrize(
    ("text", "source", "message"),
    [
        (TOY, "missing.py:make", r"There is no file .*missing\.py; check the path"),
        (TOY, "mine.py", r"names a file alone; .* as in .*mine\.py:make"),
        (TOY, "mine.py:mkae", r"mine\.py:mkae names no function; functions there are: loss, make"),
        (TOY, "mine.py:torch", "names no function"),
        ("x = 1\n", "mine.py:make", "functions there are: none"),
        ("1 / 0\n", "mine.py:make", r"Loading .*mine\.py failed with ZeroDivisionError"),
        ("def make(:\n", "mine.py:make", "failed with SyntaxError"),
        ("import not_there_at_all\n", "mine.py:make", "failed with ModuleNotFoundError"),
        (
            "def make():\n    raise ValueError('bad\\nworse')\n",
            "mine.py:make",
            r"Making the problem .*mine\.py:make failed with ValueError: bad; mend it",
        ),
        ("def make():\n    raise ValueError\n", "mine.py:make", r"ValueError: \(no message\)"),
        ("def make():\n    return 3\n", "mine.py:make", "returned int; it should return a"),
        ("def make():\n    pass\n", "mine.py:make", "returned NoneType"),
    ],
)
def test_bad_files(write, tmp_path, text, source, message):
    write(text)
    with pytest.raises(InputError, match=message) as caught:
        load_problem(str(tmp_path / source), tmp_path)
    assert "\n" not in str(caught.value)


def test_a_directory_is_no_file(tmp_path):
    (tmp_path / "folder.py").mkdir()
    with pytest.raises(InputError, match="There is no file"):
        load_problem(f"{tmp_path / 'folder.py'}:make", tmp_path)


def test_an_input_error_of_the_problem_itself_passes_as_it_is(write, tmp_path):
    text = TOY.replace("(torch.zeros(2),)", "()")
    with pytest.raises(InputError, match=r"^The train split of problem toy has 0 targets"):
        load_problem(f"{write(text)}:make", tmp_path)


# Names


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("multidigit", "no problem named 'multidigit'; did you mean 'multidigits'"),
        ("vlmop", "did you mean 'vlmop2'"),
        (
            "???",
            "choose one of multidigits, multimnist, multifashion, fashionandmnist",
        ),
        ("", "no problem named ''"),
    ],
)
def test_unknown_names(name, message, tmp_path):
    with pytest.raises(InputError, match=message):
        load_problem(name, tmp_path)


# Families


def test_a_family_gets_its_argument_and_the_targets(tmp_path):
    rows = "".join(f"{i},{i % 7},{i % 5}\n" for i in range(30))
    (tmp_path / "h.csv").write_text("x,p,q\n" + rows)
    problem = load_problem(f"table:{tmp_path / 'h.csv'}", tmp_path, Asked(targets=("q", "p")))
    assert problem.name == "h"
    assert problem.objectives == ("q", "p")
    assert list(by_name()) == ["mulan:NAME", "table:FILE.csv", "images:FOLDER"]


@pytest.mark.parametrize(
    ("name", "targets", "message"),
    [
        ("mulam:enb", (), "no family of problems named 'mulam'; did you mean 'mulan'"),
        ("what:ever", (), "no family of problems named 'what'; choose one of mulan, table, images"),
        ("table", (), r"table needs a FILE\.csv: write table:FILE\.csv, as in table:houses\.csv"),
        ("mulan:", (), "mulan needs a NAME: write mulan:NAME, as in mulan:enb"),
        ("vlmop2", ("a", "b"), r"--targets names .* and vlmop2 is made from none; leave it out"),
        ("mine.py:make", ("a", "b"), r"leave it out, or choose mulan:NAME or table:FILE\.csv"),
    ],
)
def test_bad_families(name, targets, message, tmp_path):
    with pytest.raises(InputError, match=message):
        load_problem(name, tmp_path, Asked(targets=targets))


# Other packages


def test_a_problem_of_another_package(offer, tmp_path):
    offer(TOY, toy="toy_problems:make")
    assert "toy" in installed()
    assert load_problem("toy", tmp_path).name == "toy"
    with pytest.raises(InputError, match="did you mean 'toy'"):
        load_problem("tooy", tmp_path)


def test_another_package_cannot_replace_a_built_in_problem(offer, tmp_path):
    offer(TOY, vlmop2="toy_problems:make")
    assert load_problem("vlmop2", tmp_path).name == "vlmop2"


@pytest.mark.parametrize(
    ("code", "target", "message"),
    [
        ("1 / 0\n", "toy_problems:make", "Loading the installed problem toy failed with ZeroDiv"),
        (TOY, "toy_problems:gone", "Loading the installed problem toy failed with AttributeError"),
        ("def make():\n    return []\n", "toy_problems:make", "toy returned list"),
        ("def make():\n    1 / 0\n", "toy_problems:make", "Making the problem toy failed"),
    ],
)
def test_bad_packages(offer, tmp_path, code, target, message):
    offer(code, toy=target)
    with pytest.raises(InputError, match=message):
        load_problem("toy", tmp_path)

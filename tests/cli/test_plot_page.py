import json
import os

import pytest

from tests.program import files_below, freshly_started, paretocli
from tests.sparse_run import write_sparse_run


@pytest.fixture
def run(tmp_path):
    return write_sparse_run(tmp_path / "run")


def plot(*arguments, cwd):
    return paretocli("plot-front", *arguments, cwd=cwd)


def test_a_page_instead_of_a_picture(run, tmp_path):
    done = plot("run", "--html", "page.html", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "page.html\n")
    assert done.stderr == "Chebyshev: left out 1 unfinished or failed.\n"
    assert sorted(files_below(tmp_path)) == ["page.html", "run/results.csv"]
    page = (tmp_path / "page.html").read_text()
    assert "paretocli export run 0 --out run-0" in page
    assert "<title>toy</title>" in page


def test_a_page_beside_a_picture(run, tmp_path):
    write_sparse_run(tmp_path / "rival", "linear")
    options = ["--html", "page.html", "--out", "both.png", "--title", "My sweeps"]
    done = plot("run", "rival", *options, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "both.png\npage.html\n")
    assert done.stderr.count("left out 1") == 2
    assert (tmp_path / "both.png").read_bytes().startswith(b"\x89PNG")
    assert "<title>My sweeps</title>" in (tmp_path / "page.html").read_text()


def test_json_says_what_the_page_shows(run, tmp_path):
    options = ["--html", "page.html", "--json", "--quiet"]
    done = plot("run", *options, "--x", "sparsity_rate", "--y", "accuracy_left_test", cwd=tmp_path)
    assert done.stderr == ""
    found = {"name": "Chebyshev", "path": "run/results.csv", "points": 4, "front_points": 3}
    assert json.loads(done.stdout) == {
        "page": "page.html",
        "columns": ["sparsity_rate", "accuracy_left_test"],
        "inputs": [found | {"failed_points": 1, "not_judged_points": []}],
    }


def test_json_of_a_page_beside_a_picture_names_both(run, tmp_path):
    done = plot("run", "--html", "page.html", "--out", "a.svg", "--json", "-q", cwd=tmp_path)
    found = json.loads(done.stdout)
    assert (found["page"], found["picture"]) == ("page.html", "a.svg")
    assert found["inputs"][0]["incomplete_points"] == 0


def test_points_that_are_not_judged_are_not_on_the_front(tmp_path):
    (tmp_path / "mine.csv").write_text("latency,gap\n1,2\n2,1\n3,3\n,0\n0,-inf\n")
    columns = ["--x", "latency", "--y", "gap", "--json"]
    done = plot("mine.csv", "--html", "page.html", *columns, cwd=tmp_path)
    (found,) = json.loads(done.stdout)["inputs"]
    assert (found["points"], found["front_points"]) == (5, 2)
    assert found["not_judged_points"] == [3, 4]
    assert done.stderr == "mine: not judged for want of finite latency and gap: 3, 4.\n"


def test_a_foreign_table_has_to_say_which_directions_are_better(tmp_path):
    (tmp_path / "mine.csv").write_text("cost,profit,year\n1,1,3\n2,5,2\n3,4,1\n")
    columns = ["--x", "cost", "--y", "profit", "--maximize", "year"]
    done = plot("mine.csv", "--html", "page.html", *columns, cwd=tmp_path)
    assert done.returncode == 2
    assert 'for "cost" and "profit"; say so for each, as with --minimize cost or' in done.stderr
    columns += ["--minimize", "cost", "--maximize", "profit", "--json"]
    done = plot("mine.csv", "--html", "page.html", *columns, cwd=tmp_path)
    assert json.loads(done.stdout)["inputs"][0]["front_points"] == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--html", "page.png"], "should end in .html"),
        (["run", "--html", "no/such/page.html"], "cannot be written"),
        (["run", "--html", "page.html", "--against", "gap"], "--html does not go with --against"),
        (["run", "--html", "page.html", "--layers", "0"], "--html does not go with --layers"),
        (["run", "--html", "page.html", "--history"], "--html does not go with --history"),
        (["run", "--html", "page.png", "--out", "a.png"], "should end in .html"),
        (["run", "--html", "page.html", "--maximize", "speed"], "not drawn"),
        (["run", "--html", "page.html", "--x", "gapp", "--y", "seed"], "the closest are gap"),
    ],
)
def test_wrong_wishes_are_one_sentence_and_write_nothing(run, tmp_path, arguments, message):
    before = files_below(tmp_path)
    done = plot(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    assert message in done.stderr
    assert files_below(tmp_path) == before


def test_without_plotly_the_extra_is_named_and_nothing_written(run, tmp_path):
    # A package of that name that is none stands for one that is not there.
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "plotly.py").write_text("raise ImportError")
    options = ["--html", "page.html", "--out", "a.png"]
    path = os.pathsep.join([str(tmp_path / "hidden"), os.environ.get("PYTHONPATH", "")])
    done = freshly_started("plot-front", "run", *options, cwd=tmp_path, PYTHONPATH=path)
    assert done.returncode == 2
    assert done.stderr == "Error: --html needs plotly; run pip install 'paretocli[html]'.\n"
    written = [file for file in files_below(tmp_path) if "__pycache__" not in file]
    assert sorted(written) == ["hidden/plotly.py", "run/results.csv"]

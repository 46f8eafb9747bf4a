"""`paretocli refine`, as a user runs it."""

import json

import pytest

from tests.program import paretocli
from tests.three_points import SWEEP


def test_points_are_shown_and_then_added(folder):
    before = sorted(folder.rglob("*"))
    asked = ("refine", "run", "--between", "0,1", "--points", "2")
    shown = paretocli(*asked, "--dry-run", cwd=folder)
    assert shown.returncode == 0, shown.stderr
    assert "point 3: weights" in shown.stdout
    assert "from point 0" in shown.stdout
    assert sorted(folder.rglob("*")) == before
    planned = json.loads(paretocli(*asked, "--dry-run", "--json", cwd=folder).stdout)
    done = paretocli(*asked, "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    points = json.loads(done.stdout)["points"]
    assert [point["weights"] for point in points[3:]] == planned["weights"]
    assert [point["parent"] for point in points[3:]] == planned["parents"]
    status = paretocli("status", "run", cwd=folder)
    assert "5 done, of 5" in status.stdout
    assert "predictions  loss_f1_val off by" in status.stdout
    found = json.loads(paretocli("status", "run", "--json", cwd=folder).stdout)
    assert [one["point"] for one in found["predictions"]] == [3, 4]
    assert [one["expected"] for one in found["predictions"]] == planned["expected"]
    for one, point in zip(found["predictions"], points[3:], strict=True):
        losses = point["loss"]["val"]
        assert one["landed"] == pytest.approx({f"loss_{f}_val": losses[f] for f in ("f1", "f2")})
    assert "14 of 14 (100 %)" in status.stdout  # three points of four epochs, two of one
    again = paretocli(*SWEEP, cwd=folder)
    assert again.returncode == 0, again.stderr


def test_a_table_ends_it(folder):
    done = paretocli("refine", "run", "--weights", "0.3,0.7", "--warm", "none", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "0.300 0.700" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "needs to know which points to add"),
        (("--between", "0"), "the numbers of two points"),
        (("--between", "a,b"), "the numbers of two points"),
        (("--weights", "1,2,3"), "has 3 numbers"),
        (("--between", "0,1", "--warm", "path"), "one of nearest, none"),
        (("--want", "f9 <= 1"), "no column of numbers"),
        (("--want", "f1 <= 0.5", "--holes", "2"), "in two ways"),
        (("--holes", "0"), "at least 1"),
        (("--sizes", "100,x"), "numbers of parameters, as in --sizes 50000,20000"),
        (("--sizes", "100"), "a sweep with --no-sparsity"),
    ],
)
def test_wrong_input_is_a_sentence(folder, arguments, words):
    before = sorted(folder.rglob("*"))
    done = paretocli("refine", "run", *arguments, cwd=folder)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert sorted(folder.rglob("*")) == before


def test_what_is_no_sweep_and_what_has_changed(folder):
    done = paretocli("refine", "nowhere", "--holes", "1", cwd=folder)
    assert (done.returncode, "no sweep.json" in done.stderr) == (2, True)
    file = folder / "run" / "sweep.json"
    content = json.loads(file.read_text())
    file.write_text(json.dumps({**content, "data": {**content["data"], "train": "0" * 64}}))
    done = paretocli("refine", "run", "--holes", "1", cwd=folder)
    assert done.returncode == 2
    assert "was made from other data" in done.stderr


def test_problems_of_ones_own_run_where_they_are_named(tmp_path):
    (tmp_path / "mine.py").write_text(
        "import dataclasses\n"
        "from paretocli.problems.analytic import make_vlmop2\n"
        "def make():\n"
        "    return dataclasses.replace(make_vlmop2(), name='mine')\n"
    )
    sweep = ("sweep", "mine.py:make", *SWEEP[2:])
    assert paretocli(*sweep, cwd=tmp_path).returncode == 0
    done = paretocli("refine", "run", "--around", "1", cwd=tmp_path)
    assert done.returncode == 2
    assert "code in a file, which was not run" in done.stderr
    done = paretocli("refine", "run", "--around", "1", "--problem", "mine.py:make", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (tmp_path / "mine.py").write_text((tmp_path / "mine.py").read_text() + "# changed\n")
    done = paretocli("refine", "run", "--around", "0", "--problem", "mine.py:make", cwd=tmp_path)
    assert done.returncode == 2
    assert "another one than" in done.stderr

"""Points with an infinite or empty figure: all commands leave out the same, and say so."""

import json
import sys

import pytest

from paretocli.cli.main import main

HEADER = "point,status,weight_a,weight_b,loss_a_val,loss_b_val,accuracy_a_val,size\n"
# Without its cell in question, the second would be the knee, and the best in b.
ROWS = (
    "10,done,0.1,0.9,1,4,0.9,100\n"
    "11,done,0.2,0.8,{cell},0.5,0.8,200\n"
    "12,done,0.3,0.7,4,1,0.7,300\n"
    "13,done,0.4,0.6,2,2,{cell},400\n"
    "14,done,0.5,0.5,1.5,3,0.6,{cell}\n"
)
CELLS = ["inf", "-inf", "", "nan"]
SAID = "mine: left out 1 with an empty or infinite {} (point {}).\n"


@pytest.fixture(params=CELLS)
def run(request, monkeypatch, capfd, tmp_path):
    """Call the program's `main` in this process: starting it takes seconds."""
    (tmp_path / "mine.csv").write_text(HEADER + ROWS.format(cell=request.param))
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["paretocli", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capfd.readouterr()
        assert "Warning" not in shown.err
        return ended.value.code, shown.out, shown.err

    return run


def test_of_the_front(run):
    code, out, err = run("front", "mine.csv", "--json")
    assert (code, err) == (0, SAID.format("loss_a_val", 11))
    points = json.loads(out)
    assert [point["point"] for point in points] == [10, 12, 13, 14]
    assert points[2]["accuracy_a_val"] is None


def test_of_a_choice(run):
    losses = SAID.format("loss_a_val", 11)
    for rule, chosen, also in (
        (["--knee"], 13, None),
        (["--closest-to", "0.2,0.8"], 10, None),
        (["--minimize", "accuracy_a"], 14, ("accuracy_a_val", 13)),
        (["--maximize", "size"], 13, ("size", 14)),
        (["--where", "size > 0", "--maximize", "b"], 10, ("size", 14)),
        (["--where", "accuracy_a < 0.65"], 14, ("accuracy_a_val", 13)),
    ):
        code, out, err = run("select", "mine.csv", *rule, "--json")
        assert code == 0
        assert err == losses + (SAID.format(*also) if also else "")
        found = json.loads(out)
        assert found["point"] == chosen
        assert found["left_out_points"] == [11, *([also[1]] if also else [])]


def test_of_a_picture(run):
    code, out, err = run("plot-front", "mine.csv", "--split", "val", "--json")
    assert (code, err) == (0, SAID.format("loss_a_val", 11))
    (found,) = json.loads(out)["inputs"]
    assert (found["points"], found["front_points"]) == (4, 4)
    assert (found["incomplete_points"], found["left_out_points"]) == (1, [11])


def test_of_a_picture_against_a_column(run):
    options = ["--against", "size", "--minimize", "size", "--split", "val", "--json"]
    code, out, err = run("plot-front", "mine.csv", *options)
    assert code == 0
    (found,) = json.loads(out)["inputs"]
    assert found["left_out_points"] == [13, 14]
    said = "mine: left out 2 with an empty or infinite size or accuracy_a_val (points 13, 14).\n"
    assert err == said


def test_of_a_page(run):
    code, out, err = run("plot-front", "mine.csv", "--html", "a.html", "--split", "val", "--json")
    assert (code, err) == (0, "mine: not judged for want of finite validation losses: 11.\n")
    (found,) = json.loads(out)["inputs"]
    assert (found["points"], found["front_points"]) == (5, 4)
    assert found["not_judged_points"] == [11]

"""The dialogue of `paretocli select --interactive`, with answers from a pipe."""

import io
import json
import shutil
import signal
import subprocess

import pytest

from paretocli.cli.dialogue import HELP
from paretocli.planning.classification import KINDS
from tests.program import PROGRAM, environment, files_below, in_process, paretocli
from tests.three_points import SWEEP

MOVE = ("from 1", "improve f1", "worsen f2 to 0.9", "go")


@pytest.fixture
def talk(folder, monkeypatch, capfd):
    def talk(*answers, options=(), path="run"):
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in answers)))
        arguments = ("select", path, "--interactive", "--json", *options)
        return in_process(*arguments, cwd=folder, monkeypatch=monkeypatch, capfd=capfd)

    return talk


def test_every_command_is_in_the_help(talk):
    code, _, said = talk("h", "0")
    assert code == 0, said
    assert HELP.rstrip() in said
    first = {line.split()[0] for line in HELP.splitlines()}
    assert {*KINDS, "from", "go", "u", "h", "q"} <= first
    assert max(map(len, HELP.splitlines())) <= 80


def test_wrong_entries_get_a_sentence_and_it_goes_on(folder, talk):
    before = files_below(folder)
    wrong = {
        "improve f1": "Say first from which point",
        "go": "Say first from which point",
        "from": "names no point",
        "from nine": '"from nine" names no point',
        "from 9": "no finished point 9",
        "from 1": "From point 1: what should improve",
        "improve": "Say what, as in improve",
        "improve f9": 'no column of numbers "f9"',
        "improve f1 to 9": "level below that",
        "worsen seconds": "no figure that a trade-off is about",
        "leave f2 to 3": "What is left has no level",
        "go ": "Nothing is to improve",
        "what": '"what" is no condition',
        "7": "Point 7 is not among these",
        "f1 < -1": "No point fulfils that.",
    }
    code, out, said = talk(*wrong, "2")
    assert (code, json.loads(out)["point"]) == (0, 2)
    for words in wrong.values():
        assert words in said
    assert "Traceback" not in said
    assert files_below(folder) == before


def test_undoing_what_was_said(talk):
    code, _, said = talk("from 1", "improve f1", "u", "worsen f2", "go", "0")
    assert code == 0, said
    assert "Nothing is to improve" in said


def test_the_best_that_is_there_and_nothing_trained(folder, talk):
    before = files_below(folder)
    code, out, said = talk("from 1", "improve f1", "worsen f2", "go", "2")
    assert (code, json.loads(out)["point"]) == (0, 2)
    assert "Point 2 does that best: loss_f1_val" in said
    assert "No weights between those of the points are expected to do better." in said
    code, _, said = talk(*MOVE, "perhaps", "n", "1")
    assert code == 0, said
    for words in (
        "No point that is there does that.",
        "A point for that starts from point 1 and takes 1 epoch.",
        "If it misses, up to 2 more are trained",
        "Expected there, by interpolation: loss_f1_val",
        "Train it? [y/N]: Answer y or n.",
        "Nothing was trained.",
    ):
        assert words in " ".join(said.split()).replace("y or n. Train", "y or n.\nTrain")
    for quits in (MOVE, (*MOVE, "q")):
        code, out, said = talk(*quits)
        assert (code, out) == (2, "")
        assert "No point was chosen" in said
    assert files_below(folder) == before


def test_a_point_is_trained_and_it_goes_on_there(folder, talk):
    code, out, said = talk("f2 <= 0.95", *MOVE, "y", "improve f2", "worsen f1", "go", "1")
    assert (code, json.loads(out)["point"]) == (0, 1)
    assert "3 (0.7" in said  # the weights of the new point
    rounds = sorted((folder / "run" / "rounds").iterdir())
    contents = [json.loads(file.read_text()) for file in rounds]
    asked = "--from 1 --improve loss_f1_val --worsen 'loss_f2_val <= 0.9'"
    assert {content["asked"] for content in contents} == {asked}
    assert contents[-1]["ended"]
    # What was narrowed down stays so, and what is said next is of the new point.
    after = said.rpartition("Train it?")[2]
    assert "2 0.990" not in after
    assert "From point" in after
    # Once trained, the same question is answered by what is there.
    trained = len(contents)
    code, _, said = talk(*MOVE, "0")
    assert code == 0, said
    assert "does that best" in said or "comes nearest" in said
    assert len(sorted((folder / "run" / "rounds").iterdir())) == trained


def test_code_of_ones_own_runs_where_it_is_named(folder, talk):
    (folder / "mine.py").write_text(
        "import dataclasses\n"
        "from paretocli.problems.analytic import make_vlmop2\n"
        "def make():\n"
        "    return dataclasses.replace(make_vlmop2(), name='mine')\n"
    )
    sweep = ("sweep", "mine.py:make", *SWEEP[2:-2], "mine", "--quiet")
    assert paretocli(*sweep, cwd=folder).returncode == 0
    before = files_below(folder / "mine")
    code, _, said = talk(*MOVE, "y", "0", path="mine")
    assert code == 0, said
    assert "code in a file, which was not run" in said
    assert files_below(folder / "mine") == before
    code, _, said = talk(*MOVE, "y", "0", path="mine", options=("--problem", "mine.py:make"))
    assert code == 0, said
    assert len(list((folder / "mine" / "points").glob("*.json"))) > 3


def test_what_cannot_be_trained(folder, talk):
    code, _, said = talk("from 1", "0", options=("--on", "test"))
    assert code == 0, said
    assert "this dialogue goes by test" in said
    done = paretocli("select", "run", "--knee", "--problem", "vlmop2", cwd=folder)
    assert done.returncode == 2
    assert "--problem is for points that are trained" in done.stderr
    (folder / "alone").mkdir()
    shutil.copy(folder / "run" / "results.csv", folder / "alone" / "results.csv")
    code, _, said = talk(*MOVE, "0", path="alone")
    assert code == 0, said
    assert "holds no sweep.json" in said


def test_stopping_a_training(folder):
    """What was begun is told of, and the same question goes on with it."""
    command = [str(PROGRAM), "select", "run", "--interactive"]
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stdin.write("".join(f"{line}\n" for line in (*MOVE, "y")))
    process.stdin.flush()
    for line in process.stderr:
        if "Computing on" in line:
            break
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=120)
    assert (process.returncode, out) == (130, "")
    assert "the same question, or paretocli refine run --from 1 --improve loss_f1_val" in said
    done = paretocli("sweep", *SWEEP[1:], cwd=folder)
    assert done.returncode == 0, done.stderr

"""Sweeps whose points help each other, and how they converge, through the real program."""

import json

import pytest

from tests.program import paretocli

COMMON = ("sweep", "multidigits", "--no-sparsity", "--points", 3, "--train-samples", 1024)
COMMON += ("--evaluate-every", 1)
RULES = ("none", "neighbours", "split")


@pytest.fixture(scope="module")
def sweeps(tmp_path_factory):
    folder = tmp_path_factory.mktemp("joint")
    for rule in RULES:
        done = paretocli(
            *(*COMMON, "--epochs", 4, "--transfer", rule, "--out", rule, "--json"), cwd=folder
        )
        assert done.returncode == 0, done.stderr
        assert len(json.loads(done.stdout)["points"]) == 3
    return folder


def lines(folder):
    (file,) = (folder / "history").glob("*.jsonl")
    return [json.loads(text) for text in file.read_text().splitlines()]


def test_what_was_spent_and_reached_is_recorded(sweeps):
    spent = {rule: [line["subproblem_epochs"] for line in lines(sweeps / rule)] for rule in RULES}
    assert spent["none"] == spent["neighbours"] == [3] * 3 + [6] * 3 + [9] * 3 + [12] * 3
    assert spent["split"] == [1] * 3 + [2] * 3 + [5] * 3 + [8] * 3
    for rule in RULES:
        for line in lines(sweeps / rule):
            assert 0 < line["hypervolume_val"] < 1
            assert 0 < line["hypervolume_test"] < 1
    note = json.loads((sweeps / "none" / "normalisation.json").read_text())
    expected = [a + 1.1 * (w - a) for a, w in zip(note["ideal"], note["worst"], strict=True)]
    assert note["reference_point"] == pytest.approx(expected)


def test_until_it_branches_all_points_are_one(sweeps):
    found = lines(sweeps / "split")
    for epoch in (1, 2):
        losses = [line["loss"] for line in found if line["epoch"] == epoch]
        assert losses[0] == losses[1] == losses[2]
    last = [line["loss"]["val"] for line in found if line["epoch"] == 4]
    assert last[0] != last[1] != last[2]


def test_a_weight_that_is_fixed_at_zero_stays_zero(tmp_path):
    """Also where a network branches, and its weights are those of other points."""
    sweep = ("sweep", "dtlz2", "--fix", "f1=0", "--points", 3, "--transfer", "split")
    done = paretocli(*sweep, "--epochs", 4, "--out", "run", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    points = json.loads(done.stdout)["points"]
    assert [point["weights"][0] for point in points] == [0, 0, 0]
    assert {point["status"] for point in points} == {"done"}


def test_the_picture_of_convergence(sweeps):
    done = paretocli("plot-front", "--history", *RULES, "--json", cwd=sweeps)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["picture"] == "none/history.png"
    assert (sweeps / "none" / "history.png").read_bytes().startswith(b"\x89PNG")
    assert [one["name"] for one in report["inputs"]] == [f"transfer {rule}" for rule in RULES]
    best = max(line["hypervolume_val"] for line in lines(sweeps / "none"))
    assert report["inputs"][0]["best_hypervolume_val"]["mean"] == pytest.approx(best)
    assert report["exact"] is True


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("plot-front", "--history", "none/results.csv"), "is not a directory; --history needs"),
        (("plot-front", "--history", "none", "--split", "train"), "give val or test"),
        (("plot-front", "--history", "none", "--layers", "0"), "--layers does not go with --hist"),
        ((*COMMON, "--transfer", "split", "--stack", "2"), "--stack 2 would keep apart"),
    ],
)
def test_wrong_input(sweeps, arguments, words):
    done = paretocli(*arguments, cwd=sweeps)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1

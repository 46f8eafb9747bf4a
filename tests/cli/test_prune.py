"""`paretocli prune`, as a user runs it."""

import json
import shutil

import numpy as np
import pytest

from paretocli.cli.prune_report import pairs_as_json, pairs_text
from paretocli.front.partners import Pairs
from tests.pictures import DRAWN
from tests.program import files_below, paretocli

SWEEP = (
    *("sweep", "multidigits", "--network", "hps", "--train-samples", "256", "--epochs", "2"),
    *("--retrain-epochs", "1", "--weights", "8,2,2", "--weights", "8,3,1"),
    *("--lr", "0.02", "-q", "--out", "run"),
)


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    """A folder with a sparse sweep in `run`, and its baseline in `run-pruned`."""
    folder = tmp_path_factory.mktemp("baseline")
    assert paretocli(*SWEEP, cwd=folder).returncode == 0
    before = files_below(folder)
    shown = paretocli("prune", "run", "--dry-run", cwd=folder)
    assert shown.returncode == 0, shown.stderr
    assert files_below(folder) == before
    done = paretocli("prune", "run", cwd=folder, **DRAWN)
    assert done.returncode == 0, done.stderr
    return folder, shown.stdout, done.stdout


@pytest.fixture
def folder(solved, tmp_path):
    return shutil.copytree(solved[0], tmp_path, dirs_exist_ok=True)


def test_what_would_be_done_and_what_was(solved):
    folder, shown, done = solved
    assert "2 dense networks, 3 epochs each" in shown
    assert "run-pruned" in shown
    assert "from the dense one" in shown
    assert max(map(len, (shown + done).splitlines())) <= 80
    assert "accuracy left on test: pruned is better at " in done
    assert (folder / "run-pruned" / "front.png").stat().st_size > 10_000
    records = [
        json.loads(f.read_text()) for f in sorted((folder / "run-pruned").glob("points/*.json"))
    ]
    assert [record.get("partner") for record in records] == [None, None, 0, 1]


def test_the_same_command_has_nothing_left_to_do(folder):
    before = files_below(folder / "run-pruned" / "points")
    assert paretocli("prune", "run", "-q", cwd=folder).stdout == "run-pruned/results.csv\n"
    assert files_below(folder / "run-pruned" / "points") == before
    planned = json.loads(paretocli("prune", "run", "--dry-run", "--json", cwd=folder).stdout)
    assert [one["partner"] for one in planned["partners"]] == [0, 1]
    assert planned["epochs"] == 3


def test_it_is_read_and_compared_like_any_other(folder):
    found = paretocli("compare", "run", "run-pruned", "--json", cwd=folder)
    assert found.returncode == 0, found.stderr
    assert [one["name"] for one in json.loads(found.stdout)["methods"]] == [
        "chebyshev",
        "magnitude pruning",
    ]
    status = paretocli("status", "run-pruned", cwd=folder)
    assert "multidigits, hps, chebyshev, magnitude pruning" in status.stdout
    for command in (
        ("select", "run-pruned", "--knee"),
        ("plot-front", "run", "run-pruned", "--against", "size", "--out", "both.png"),
        ("export", "run-pruned", "3", "--out", "small"),
    ):
        done = paretocli(*command, cwd=folder)
        assert done.returncode == 0, done.stderr


def pairs(columns):
    figures = np.array([[[0.5, 0.25]] * columns, [[0.5, np.nan]] * columns])
    names = tuple(f"accuracy_task_of_some_{place}_test" for place in range(columns))
    sizes = np.array([[900.0, 880.0], [100.0, 99.0]])
    return Pairs((2, 3), (1, 0), sizes, names, figures, ("higher",) * columns)


def test_networks_of_one_size_stand_side_by_side():
    lines = pairs_text(pairs(1), "test")
    assert lines[-1] == (
        "accuracy task of some 0 on test: pruned is better at 0 of 2, as good at 0, worse at 1."
    )
    first, second = lines[0].splitlines()[2:]
    assert first.split() == ["2", "1", "900", "880", "50.00", "%", "25.00", "%"]
    assert second.split() == ["3", "0", "100", "99", "50.00", "%"]
    # Of many tasks the sentences alone.
    many = pairs_text(pairs(9), "test")
    assert max(map(len, "\n".join(many[:2]).splitlines())) <= 80
    assert len(many) == 2 + 9
    shown = pairs_as_json(pairs(1))[1]
    assert shown["compact_parameters"] == {"sparse": 100, "pruned": 99}
    assert shown["accuracy_task_of_some_0_test"] == {"sparse": 0.5, "pruned": None}
    assert pairs_as_json(None) == []


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("prune", "run", "--from", "nowhere"), "one of dense, larger"),
        (
            ("prune", "run", "--from", "larger"),
            "begun with --from dense, asked for is --from larger",
        ),
        (("prune", "run-pruned"), "pruned to the sizes of another sweep"),
        (("refine", "run-pruned", "--weights", "1,1,1"), "paretocli prune makes partners"),
        (("prune", "nowhere"), "no sweep.json"),
        (("prune", "run", "--out", "run"), "holds another sweep"),
        ((*SWEEP[:-1], "run-pruned"), "by paretocli prune, asked for is no baseline"),
    ],
)
def test_wrong_input_is_a_sentence(folder, command, words):
    before = files_below(folder)
    done = paretocli(*command, cwd=folder)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert files_below(folder) == before


def test_a_sweep_without_sparsity_has_no_baseline(three_points, tmp_path):
    done = paretocli("prune", three_points / "run", "--out", "pruned", cwd=tmp_path)
    assert done.returncode == 2
    assert "a sweep without sparsity" in done.stderr
    assert not (tmp_path / "pruned").exists()

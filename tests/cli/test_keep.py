"""`--keep front`, as a user sees it."""

import json

import pytest

from tests.program import paretocli

SWEEP = (
    *("sweep", "multidigits", "--no-sparsity", "--weights", "1,1", "--weights", "1,4"),
    *("--epochs", "8", "--train-samples", "256", "--lr", "0.02", "--threads", "1", "--jobs", "1"),
    *("--keep", "front", "--out", "run"),
)


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kept")
    done = paretocli(*SWEEP, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder, done


def records(folder):
    return [json.loads(f.read_text()) for f in sorted((folder / "run" / "points").glob("*.json"))]


def test_it_says_how_many_were_kept_and_which_became_points(swept):
    folder, done = swept
    kept = [record for record in records(folder) if "kept_epoch" in record]
    assert kept
    assert "kept beside the best one" in done.stderr
    one = kept[0]
    assert f"{one['kept_epoch']} of {one['parent']}" in done.stdout
    assert f"kept on the way of point {one['parent']}, not trained" in done.stdout


def test_all_that_reads_points_takes_them(swept):
    folder, _ = swept
    one = next(record for record in records(folder) if "kept_epoch" in record)
    number, parent = str(one["point"]), one["parent"]
    status = paretocli("status", "run", cwd=folder)
    assert "epochs       16 of 16 (100 %)" in status.stdout
    assert f"{one['kept_epoch']} of {parent}" in status.stdout
    points = json.loads(paretocli("status", "run", "--json", cwd=folder).stdout)["points"]
    assert (points[int(number)]["kept_of"], points[int(number)]["epochs"]) == (parent, 0)
    front = paretocli("front", "run", cwd=folder)
    assert f"{number} (of {parent})" in front.stdout
    asked = ("--where", f"loss_right_val <= {one['loss']['val']['right']:.9f}")
    chosen = paretocli("select", "run", *asked, "--maximize", "loss_right_val", cwd=folder)
    assert f"epoch on the way to point {parent}" in " ".join(chosen.stdout.split())
    exported = paretocli("export", "run", number, "--out", "small", cwd=folder)
    assert exported.returncode == 0, exported.stderr
    history = paretocli("plot-front", "run", "--history", cwd=folder)
    assert history.returncode == 0, history.stderr


def test_the_same_command_says_that_all_is_done(swept):
    folder, _ = swept
    before = records(folder)
    done = paretocli(*SWEEP, cwd=folder)
    assert done.returncode == 0
    assert "kept beside" not in done.stderr
    assert records(folder) == before


def test_another_way_to_keep_is_another_sweep(swept):
    done = paretocli(*SWEEP[:-4], "--out", "run", cwd=swept[0])
    assert done.returncode == 2
    assert 'its keep is "front", asked for is "best"' in done.stderr


def test_wrong_words_are_refused(tmp_path):
    done = paretocli("sweep", "vlmop2", "--keep", "all", "--out", "run", cwd=tmp_path)
    assert done.returncode == 2
    assert "--keep should be one of best, front, found all." in done.stderr
    assert not list(tmp_path.iterdir())
    assert paretocli("train", "vlmop2", "--keep", "front", cwd=tmp_path).returncode == 2

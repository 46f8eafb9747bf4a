"""Reading how a sweep converged."""

import dataclasses
import json

import numpy as np
import pytest

from paretocli.errors import InputError
from paretocli.front.box import Box
from paretocli.front.history import read_history
from paretocli.front.indicators import hypervolume

CONFIG = {
    "problem": "toy",
    "objectives": ["a", "b"],
    "weights": [[0.2, 0.8], [0.5, 0.5], [0.8, 0.2]],
    "transfer": "none",
    "epochs": 3,
    "retrain_epochs": 1,
    "lr": 0.1,
    "seed": 0,
}


def line(point, epoch, losses, spent, seconds):
    loss = dict(zip("ab", losses, strict=True))
    return {
        "point": point,
        "epoch": epoch,
        "seconds": seconds,
        "loss": {"train": loss, "val": loss, "test": dict.fromkeys("ab", 0.5)},
        "metric": {split: {} for split in ("train", "val", "test")},
        "subproblem_epochs": spent,
    }


def write(folder, shards, config=CONFIG, ideal=(0.0, 0.0), reference=(2.0, 4.0), data=None):
    (folder / "history").mkdir(parents=True)
    (folder / "sweep.json").write_text(json.dumps({"config": config, "data": data or {}}))
    note = {"ideal": ideal, "scale": [1, 1], "reference_point": reference}
    (folder / "normalisation.json").write_text(json.dumps(note))
    for name, lines in shards.items():
        text = "".join(json.dumps(one) + "\n" for one in lines)
        (folder / "history" / f"{name}.jsonl").write_text(text)
    return folder


def two_shards():
    """Points 0 and 1 together for three epochs, point 2 for two."""
    together = [
        line(point, epoch, (1 / epoch, 2 - point), 2 * epoch, epoch)
        for epoch in (1, 2, 3)
        for point in (0, 1)
    ]
    alone = [line(2, epoch, (1.5, 1 / epoch), epoch, 10 * epoch) for epoch in (1, 2)]
    return {"0000-0001": together, "0002-0002": alone}


def test_shards_are_put_together(tmp_path):
    history = read_history(write(tmp_path / "run", two_shards()))
    # Up to the last epoch that all points have reached.
    assert history.losses["val"].shape == (2, 3, 2)
    assert history.losses["val"][1].tolist() == [[0.5, 2], [0.5, 1], [1.5, 0.5]]
    assert history.subproblem_epochs.tolist() == [3, 6]
    assert history.seconds.tolist() == [11, 22]
    assert history.config["transfer"] == "none"


def test_the_hypervolume_is_a_share_of_the_box(tmp_path):
    history = read_history(write(tmp_path / "run", two_shards()))
    found = history.hypervolume("val", history.box)
    for epoch in (0, 1):
        raw = hypervolume(history.losses["val"][epoch], [2.0, 4.0])
        assert found[epoch] == pytest.approx(raw / 8)
    # One point for all: (0.5, 0.5) leaves 1.5 · 3.5 of 2 · 4.
    np.testing.assert_allclose(history.hypervolume("test", history.box), 1.5 * 3.5 / 8)


def test_what_is_better_than_the_ideal_has_no_share():
    box = Box(np.array([1.0, 1.0]), np.array([3.0, 3.0]))
    assert np.isnan(box.share(np.array([[0.0, 2.0], [2.0, 2.0]])))
    assert box.share(np.array([[1.0 - 1e-6, 2.0]])) == pytest.approx(0.5)
    assert box.share(np.array([[np.nan, 1.0], [3.0, 1.0]])) == 0
    assert box.share(np.array([[np.nan, 1.0], [2.0, 2.0]])) == pytest.approx(0.25)


def test_a_point_that_diverged_adds_nothing(tmp_path):
    shards = two_shards()
    shards["0002-0002"][1]["loss"]["val"]["a"] = None
    history = read_history(write(tmp_path / "run", shards))
    assert np.isnan(history.losses["val"][1, 2, 0])
    expected = hypervolume([[0.5, 1]], [2.0, 4.0]) / 8
    assert history.hypervolume("val", history.box)[1] == pytest.approx(expected)


def test_the_largest_hole_of_what_is_there(tmp_path):
    shards = two_shards()
    shards["0002-0002"][1]["loss"]["val"]["a"] = None
    history = read_history(write(tmp_path / "run", shards))
    whole = np.array([[0.5, 1.0], [2.0, 0.0]])
    # Epoch 1: (1, 1) and (1.5, 1), of which the first is the front; epoch 2: (0.5, 1) alone.
    expected = [np.hypot(1.0 / 2, 1.0 / 4), np.hypot(1.5 / 2, 1.0 / 4)]
    np.testing.assert_allclose(history.fill_distance("val", history.box, whole), expected)
    unknown = dataclasses.replace(history, known={"val": np.array([True, False])})
    assert np.isnan(unknown.fill_distance("val", history.box, whole)).tolist() == [False, True]


def record(folder, point, status):
    content = line(point, 4, (0, 0), 1, 1.0) | {"status": status, "epochs": 4}
    content["weights"] = CONFIG["weights"][point]
    (folder / "points").mkdir(exist_ok=True)
    (folder / "points" / f"{point:04d}.json").write_text(json.dumps(content))


def test_a_shard_that_ended_early_does_not_shorten_the_others(tmp_path):
    folder = write(tmp_path / "run", two_shards())
    record(folder, 0, "done")
    record(folder, 2, "failed")
    history = read_history(folder)
    assert history.losses["val"].shape == (3, 3, 2)
    assert history.losses["val"][1, 2].tolist() == [1.5, 0.5]
    assert np.isnan(history.losses["val"][2, 2]).all()
    # What it had spent until then is still spent.
    assert history.subproblem_epochs.tolist() == [3, 6, 8]
    assert history.seconds.tolist() == [11, 22, 23]


def test_a_point_that_stood_still_keeps_its_last_losses(tmp_path):
    folder = write(tmp_path / "run", two_shards(), config=CONFIG | {"patience": 2})
    for point in range(3):
        record(folder, point, "done")
    history = read_history(folder)
    assert history.losses["val"][:, 2].tolist() == [[1.5, 1], [1.5, 0.5], [1.5, 0.5]]
    assert history.known["val"].all()
    assert history.known["test"].all()
    assert history.subproblem_epochs.tolist() == [3, 6, 8]
    assert history.notes == ()


def test_a_sweep_without_a_point_that_did_not_fail(tmp_path):
    folder = write(tmp_path / "run", two_shards())
    for point in range(3):
        record(folder, point, "failed")
    assert read_history(folder).losses["val"].shape == (3, 3, 2)


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("sweep.json", r"sweep\.json is not of the form that this program writes"),
        ("normalisation.json", r"normalisation\.json is damaged \(ideal is missing\); run"),
    ],
)
def test_a_foreign_note_is_refused(tmp_path, file, message):
    folder = write(tmp_path / "run", two_shards())
    (folder / file).write_text("{}")
    with pytest.raises(InputError, match=message):
        read_history(folder)


def test_no_run_directory(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n")
    with pytest.raises(InputError, match="is not a directory; --history needs run directories"):
        read_history(tmp_path / "a.csv")
    with pytest.raises(InputError, match=r"holds no sweep\.json; give the run directory"):
        read_history(tmp_path)


def test_a_sweep_that_has_not_reached_all_points(tmp_path):
    shards = two_shards()
    del shards["0002-0002"]
    with pytest.raises(InputError, match="1 of 3 points have no epoch yet; finish the sweep"):
        read_history(write(tmp_path / "run", shards))


TORN = ['{"point": 0, "epo', '{"point": 0, "epoch": 2}\n', "[]\n", "[" * 10**5, "\0\n"]


@pytest.mark.parametrize("text", TORN)
def test_a_torn_line_is_left_out_and_named(tmp_path, text):
    folder = write(tmp_path / "run", two_shards())
    whole = read_history(folder)
    assert whole.notes == ()
    with (folder / "history" / "0000-0001.jsonl").open("a") as file:
        file.write(text)
    history = read_history(folder)
    (note,) = history.notes
    assert "1 of 7 lines of" in note
    for split in ("val", "test"):
        np.testing.assert_array_equal(history.losses[split], whole.losses[split])


@pytest.mark.parametrize("changes", [{"point": -1}, {"point": 3}, {"epoch": 0}, {"epoch": 10**12}])
def test_lines_of_no_point_or_epoch_are_left_out(tmp_path, changes):
    shards = two_shards()
    shards["0000-0001"].append(line(0, 3, (0, 0), 6, 3) | changes)
    history = read_history(write(tmp_path / "run", shards))
    assert len(history.notes) == 1
    assert history.losses["val"][:, :2].tolist() == [[[1, 2], [1, 1]], [[0.5, 2], [0.5, 1]]]


def test_an_epoch_without_all_its_lines_is_not_drawn(tmp_path):
    shards = two_shards()
    del shards["0000-0001"][1]  # of point 1, epoch 1
    history = read_history(write(tmp_path / "run", shards))
    assert "1 of 2 epochs of" in history.notes[0]
    assert history.known["val"].tolist() == [False, True]
    assert np.isnan(history.hypervolume("val", history.box)).tolist() == [True, False]
    # What was spent is on the other line of that epoch.
    assert history.subproblem_epochs.tolist() == [3, 6]


def test_the_last_epoch_of_a_finished_shard_is_known_to_be_lost(tmp_path):
    folder = write(tmp_path / "run", two_shards())
    for point in range(3):
        record(folder, point, "done")
    history = read_history(folder)
    assert history.known["val"].tolist() == [True, True, False, False]


def test_a_history_that_was_lost_is_not_said_to_come_back(tmp_path):
    folder = write(tmp_path / "run", two_shards())
    record(folder, 2, "done")
    (folder / "history" / "0002-0002.jsonl").write_bytes(b"\xff\n")
    with pytest.raises(InputError, match=r"no history of 1 of its 3 points any more; leave"):
        read_history(folder)


def test_epochs_beyond_all_reason_take_no_memory(tmp_path):
    config = CONFIG | {"epochs": 10**15}
    run = write(tmp_path / "run", two_shards(), config)
    (run / "points").mkdir()
    for point in range(3):
        record = {"point": point, "status": "done", "weights": CONFIG["weights"][point]}
        record |= {"epochs": 10**15, "seconds": 1.0} | line(point, 1, (1, 1), 1, 1.0)
        (run / "points" / f"{point:04d}.json").write_text(json.dumps(record))
    with pytest.raises(InputError, match="lacks nearly all of its 1,000,000,000,000,001 epochs"):
        read_history(run)


# The test split, which is not measured after every epoch


def without_test(lines, epochs):
    """The lines of some epochs without figures of the test split."""
    for one in lines:
        if one["epoch"] in epochs:
            del one["loss"]["test"], one["metric"]["test"]
    return lines


def test_where_the_test_split_was_not_measured_nothing_is_known_of_it(tmp_path):
    shards = two_shards()
    shards["0000-0001"] = without_test(shards["0000-0001"], {1, 3})
    shards["0002-0002"] = without_test(shards["0002-0002"], {1})
    history = read_history(write(tmp_path / "run", shards, CONFIG | {"evaluate_every": 2}))
    assert history.notes == ()
    assert history.known["val"].tolist() == [True, True]
    assert history.known["test"].tolist() == [False, True]
    assert history.is_sparse("test")
    assert not history.is_sparse("val")
    found = history.hypervolume("test", history.box)
    np.testing.assert_allclose(found, [np.nan, 1.5 * 3.5 / 8])
    holes = history.fill_distance("test", history.box, np.array([[0.5, 0.5]]))
    np.testing.assert_allclose(holes, [np.nan, 0])


def test_one_shard_without_test_figures_leaves_the_epoch_unknown(tmp_path):
    shards = two_shards()
    shards["0002-0002"] = without_test(shards["0002-0002"], {2})
    history = read_history(write(tmp_path / "run", shards, CONFIG | {"evaluate_every": 0}))
    assert history.known["test"].tolist() == [True, False]


@pytest.mark.parametrize(("lacking", "known"), [({1}, [0, 0, 1]), ({1, 2}, [0, 0, 0])])
def test_a_point_that_ended_early_keeps_the_test_losses_of_its_last_epoch(tmp_path, lacking, known):
    shards = two_shards()
    shards["0000-0001"] = without_test(shards["0000-0001"], {1, 2})
    shards["0002-0002"] = without_test(shards["0002-0002"], lacking)
    config = CONFIG | {"patience": 2, "evaluate_every": 0}
    folder = write(tmp_path / "run", shards, config)
    for point in range(3):
        record(folder, point, "done")
    history = read_history(folder)
    assert history.known["test"].tolist() == [bool(one) for one in known]
    assert history.known["val"].all()
    if known[2]:
        assert history.losses["test"][2].tolist() == [[0.5, 0.5]] * 3


def test_points_of_a_later_round_wait_for_the_test_losses_of_the_first(tmp_path):
    """Two epochs of the first round, then two of a point that starts from one of it."""
    first = [line(point, epoch, (1, 1), 2 * epoch, epoch) for epoch in (1, 2) for point in (0, 1)]
    second = [line(2, epoch, (0.5, 1), epoch, epoch) for epoch in (1, 2)]
    config = CONFIG | {"weights": CONFIG["weights"][:2], "epochs": 2, "retrain_epochs": 0}
    shards = {"0000-0001": without_test(first, {1}), "0002-0002": without_test(second, {1})}
    folder = write(tmp_path / "run", shards, config | {"evaluate_every": 0})
    (folder / "rounds").mkdir()
    one = {"points": [2], "weights": [[0.8, 0.2]], "parents": [0], "epochs": 2}
    one["retrain_epochs"] = 0
    (folder / "rounds" / "0001.json").write_text(json.dumps(one))
    history = read_history(folder)
    assert history.losses["val"].shape == (4, 3, 2)
    assert history.known["test"].tolist() == [False, True, False, True]
    assert history.losses["test"][3].tolist() == [[0.5, 0.5]] * 3


@pytest.mark.parametrize("split", ["train", "val"])
def test_a_line_without_figures_that_are_always_there_is_damaged(tmp_path, split):
    shards = two_shards()
    del shards["0000-0001"][0]["loss"][split]
    history = read_history(write(tmp_path / "run", shards))
    assert "1 of 6 lines of" in history.notes[0]

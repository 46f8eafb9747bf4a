import json

import pytest

from paretocli.cli.status import status
from paretocli.errors import InputError
from paretocli.front.status import read_status
from paretocli.run_directory.lock import sole_user

WEIGHTS = [[0.2, 0.8], [0.4, 0.6], [0.5, 0.5], [0.6, 0.4], [0.8, 0.2]]


def line(point, epoch, seconds, loss):
    values = {split: {"a": loss, "b": 1.0} for split in ("train", "val", "test")}
    accuracy = {split: {"accuracy_a": 1 - loss} for split in ("train", "val", "test")}
    return {
        "point": point,
        "epoch": epoch,
        "seconds": seconds,
        "subproblem_epochs": 2 * epoch,
        "loss": values,
        "metric": accuracy,
    }


@pytest.fixture
def run(tmp_path):
    """Point 0 is done, 1 has failed, 2 and 3 train together, 4 waits; 10 epochs each."""
    for folder in ("points", "history"):
        (tmp_path / folder).mkdir()
    config = {
        "problem": "toy",
        "objectives": ["a", "b"],
        "seed": 0,
        "network": "hps",
        "solver": "linear",
        "weights": WEIGHTS,
        "epochs": 8,
        "retrain_epochs": 2,
        "stack": 2,
    }
    sweep = {"config": config, "data": {}, "runtime": {"jobs": 8}}
    (tmp_path / "sweep.json").write_text(json.dumps(sweep))
    note = {"ideal": [0, 0], "scale": [1, 1], "reference_point": [2, 2]}
    (tmp_path / "normalisation.json").write_text(json.dumps(note))
    done = line(0, 10, 20.0, 0.5) | {"status": "done", "epochs": 10}
    failed = {"point": 1, "status": "failed", "epochs": 10, "seconds": 10.0}
    for point, record in enumerate((done, failed)):
        record["weights"] = WEIGHTS[point]
        (tmp_path / "points" / f"{point:04d}.json").write_text(json.dumps(record))
    lines = [line(p, epoch, 6.0 * epoch, loss) for epoch in (1, 2) for p, loss in ((2, 1), (3, 0))]
    text = "".join(json.dumps(one) + "\n" for one in lines)
    (tmp_path / "history" / "0002-0003.jsonl").write_text(text + '{"point": 2, "ep')
    return tmp_path


def test_while_it_runs(run):
    with sole_user(run):
        found = read_status(run)
    assert [point.state for point in found.points] == [
        *("done", "failed", "running", "running", "waiting"),
    ]
    assert [point.epoch for point in found.points] == [10, 10, 2, 2, 0]
    # The two that train together share their 12 seconds.
    assert [point.seconds for point in found.points] == [20, 10, 6, 6, 0]
    assert found.holder.startswith("process ")
    assert [point.epochs for point in found.points] == [10] * 5
    assert found.epochs_in_all == 50
    assert found.epochs_done == 24
    # 12 seconds for 4 epochs of a network, 26 are left: of two shards, whatever the workers.
    assert found.seconds_left == pytest.approx(12 / 4 * 26 / 2)
    # Of the box of 2 by 2, (0, 1) dominates half; the other two points lie within that.
    assert found.hypervolume == pytest.approx(0.5)


def test_no_time_is_known_before_the_last_branching(run):
    file = run / "history" / "0000-0001.jsonl"

    def spent(*numbers):
        lines = [
            line(p, epoch, 1.0, 1) | {"subproblem_epochs": number}
            for epoch, number in enumerate(numbers, start=1)
            for p in (0, 1)
        ]
        file.write_text("".join(json.dumps(one) + "\n" for one in lines))
        with sole_user(run):
            return read_status(run).seconds_left

    assert spent(1) is None
    assert spent(1, 2) is None
    # One second for 4 epochs of a network, and 12 for 4.
    assert spent(1, 2, 4) == pytest.approx(13 / 8 * 26 / 2)


def test_the_best_accuracy_is_no_other_metric(run, capsys):
    status(run)
    assert "mean validation accuracy 100.00 %, point 3" in capsys.readouterr().out
    for file in (*(run / "points").iterdir(), *(run / "history").iterdir()):
        file.write_text(file.read_text().replace("accuracy_a", "accuracy_error_a"))
    status(run)
    assert "mean validation loss 0.5, point 3" in capsys.readouterr().out


def test_an_accuracy_from_0_to_100_is_no_share(run, capsys):
    for file in (*(run / "points").iterdir(), *(run / "history").iterdir()):
        file.write_text(file.read_text().replace('"accuracy_a": 0.5', '"accuracy_a": 93.2'))
    status(run)
    assert "mean validation accuracy 93.2000, point 0" in capsys.readouterr().out


def test_an_accuracy_that_was_declared_better_lower_is_not_maximised(run, capsys):
    content = json.loads((run / "sweep.json").read_text())
    content["directions"] = {"accuracy_a": "lower", "loss": "sideways"}
    (run / "sweep.json").write_text(json.dumps(content))
    status(run)
    assert "mean validation loss 0.5, point 3" in capsys.readouterr().out
    status(run, as_json=True)
    assert json.loads(capsys.readouterr().out)["directions"] == {"accuracy_a": "lower"}


def test_a_failed_record_with_some_losses_is_damaged(run, capsys):
    file = run / "points" / "0001.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"loss": {"val": {"a": 1.0}}}))
    status(run)
    assert "0001.json is damaged (" in capsys.readouterr().err


def test_a_finished_sweep_with_a_failed_point_needs_another_command(run, capsys):
    status(run)
    assert "stopped; the command" in capsys.readouterr().out
    record = (run / "points" / "0000.json").read_text()
    for point in (2, 3, 4):
        (run / "points" / f"{point:04d}.json").write_text(
            json.dumps(json.loads(record) | {"point": point, "weights": WEIGHTS[point]})
        )
    status(run)
    assert "finished, 1 failed; --retry-failed solves" in capsys.readouterr().out


def test_when_nobody_is_at_it(run):
    found = read_status(run)
    assert found.holder == ""
    assert found.count("stopped") == 2
    assert found.seconds_left is None


def test_at_the_very_start(run):
    for folder in ("points", "history"):
        for file in (run / folder).iterdir():
            file.unlink()
    (run / "normalisation.json").unlink()
    with sole_user(run):
        found = read_status(run)
    assert found.count("waiting") == 5
    assert (found.epochs_done, found.hypervolume, found.seconds_left) == (0, None, None)


def test_what_is_no_run_directory(tmp_path):
    with pytest.raises(InputError, match=r"holds no sweep\.json"):
        read_status(tmp_path)


def test_damaged_records_are_left_out_and_named(run, capsys):
    (run / "points" / "0001.json").write_text("{")
    (run / "points" / "0077.json").write_text("{}")
    (run / "normalisation.json").write_text('{"ideal": [0], "reference_point": [1, 1]}')
    status(run)
    shown = capsys.readouterr()
    assert "1 done, 2 stopped, 2 waiting, of 5" in shown.out
    notes = shown.err.splitlines()
    assert "0001.json is damaged (it is no JSON: " in notes[0]
    assert "0077.json is of no point of this sweep" in notes[1]
    assert "normalisation.json is damaged (ideal is a list of 1 in place of 2)" in notes[2]

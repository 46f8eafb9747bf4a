import hashlib
import json
import os

import pandas as pd
import pytest

from paretocli.errors import InputError
from paretocli.sweeping.store import RunDirectory

IDENTITY = {
    "problem": "toy",
    "network": "net",
    "solver": "chebyshev",
    "seed": 3,
    "batch_size": 8,
    "objectives": ["a", "b"],
    "weights": [[0.2, 0.8], *([[0.5, 0.5]] * 12)],
    "epochs": 4,
    "retrain_epochs": 0,
    "sparsity": True,
    "frozen_point": "",
}
DATA = {"train": "111", "val": "222", "test": "333"}
SWEEP = {"config": IDENTITY, "data": DATA}


@pytest.fixture
def run(tmp_path):
    directory = RunDirectory(tmp_path / "deep" / "run")
    directory.check(IDENTITY, DATA)
    with directory.opened(SWEEP):
        pass
    return directory


def record(point, **changes):
    losses = {split: {"a": 1.0 + point, "b": 3.0 - point} for split in ("train", "val", "test")}
    base = {
        "point": point,
        "status": "done",
        "weights": IDENTITY["weights"][point],
        "epochs": 4,
        "seconds": 1.5,
        "loss": losses,
        "metric": {split: {} for split in losses},
    }
    return base | changes


def line(point, epoch, **changes):
    return record(point) | {"epoch": epoch, "subproblem_epochs": epoch} | changes


def snapshot(path):
    return {
        str(file.relative_to(path)): file.read_bytes()
        for file in sorted(path.rglob("*"))
        if file.is_file()
    }


# Whose directory it is


def test_a_check_of_a_new_directory_makes_nothing(tmp_path):
    RunDirectory(tmp_path / "new").check(IDENTITY, DATA)
    (tmp_path / "empty").mkdir()
    RunDirectory(tmp_path / "empty").check(IDENTITY, DATA)
    assert [path.name for path in tmp_path.rglob("*")] == ["empty"]


def test_the_same_sweep_goes_on(run):
    before = snapshot(run.path)
    again = RunDirectory(run.path)
    again.check(json.loads(json.dumps(IDENTITY)), DATA)
    with again.opened(SWEEP | {"versions": "not written over"}):
        pass
    assert snapshot(run.path) == before
    assert json.loads((run.path / "sweep.json").read_text())["config"] == IDENTITY


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("seed", 4, "its seed is 3, asked for is 4"),
        ("sparsity", False, "its sparsity is true, asked for is false"),
        ("frozen_point", "9b1c", "it was begun without --freeze-sparsity"),
        ("started_from", "9b1c", "it was begun without --start-from"),
        ("batch_size", 16, "its batch-size is 8, asked for is 16"),
        ("solver", "linear", 'its solver is "chebyshev", asked for is "linear"'),
        ("weights", [[0.2, 0.8]], "its weights is"),
        ("objectives", ["a"], "its objectives is"),
        ("brand_new", 1, "its brand-new is null, asked for is 1"),
    ],
)
def test_another_sweep_is_refused_with_the_field_that_differs(run, name, value, words):
    run.write_point(record(0), b"x")
    before = snapshot(run.path)
    with pytest.raises(InputError) as caught:
        RunDirectory(run.path).check(IDENTITY | {name: value}, DATA)
    assert f"{run.path} holds another sweep: {words}" in str(caught.value)
    assert "--out" in str(caught.value)
    assert snapshot(run.path) == before


def test_long_values_are_cut_in_messages(run):
    with pytest.raises(InputError, match="…; name another") as caught:
        run.check(IDENTITY | {"weights": [[0.1, 0.9]] * 50}, DATA)
    assert len(str(caught.value)) < 400


def test_a_setting_that_an_older_sweep_did_not_name_has_the_value_that_was_meant(run, monkeypatch):
    meant = {"brand_new": [1], "seed": 5}
    for module in ("run_directory.older_sweeps", "sweeping.same_sweep"):
        monkeypatch.setattr(f"paretocli.{module}.meant_before", lambda: meant)
    again = RunDirectory(run.path)
    again.check(IDENTITY | {"brand_new": [1]}, DATA)
    with pytest.raises(InputError, match=r"its brand-new is \[1\], asked for is \[2\]"):
        again.check(IDENTITY | {"brand_new": [2]}, DATA)
    with pytest.raises(InputError, match="its other-new is null, asked for is 1"):
        again.check(IDENTITY | {"other_new": 1}, DATA)
    assert json.loads((run.path / "sweep.json").read_text())["config"] == IDENTITY


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_other_data_is_refused(run, split):
    with pytest.raises(InputError, match=f"made from other data: the checksum of the {split} sp"):
        run.check(IDENTITY, DATA | {split: "999"})


def test_foreign_files_are_refused_and_kept(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(InputError, match="holds other files and no sweep"):
        RunDirectory(tmp_path).check(IDENTITY, DATA)
    assert snapshot(tmp_path) == {"thesis.tex": b"years of work"}


def test_what_a_kill_at_the_start_leaves_is_taken_up(tmp_path):
    path = tmp_path / "run"
    (path / "points").mkdir(parents=True)
    (path / ".unfinished-abc").write_text("half of a sweep.json")
    run = RunDirectory(path)
    run.check(IDENTITY, DATA)
    with run.opened(SWEEP):
        (path / "checkpoints" / ".unfinished-def").write_text("half of a checkpoint")
    with run.opened(SWEEP):
        pass
    assert not list(path.rglob(".unfinished-*"))
    assert not list((path / "checkpoints").iterdir())


def test_a_file_is_no_directory(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="is not a directory"):
        RunDirectory(tmp_path / "file").check(IDENTITY, DATA)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"format": 99}', r"sweep\.json is not of the form"),
        ("{}", "is not of the form"),
        ('{"format": 1}', "is not of the form"),
        ('{"format": 1, "con', "is not of the form"),
        ("[1]", "is not of the form"),
    ],
)
def test_a_sweep_file_that_cannot_be_understood(run, content, message):
    (run.path / "sweep.json").write_text(content)
    with pytest.raises(InputError, match=message):
        run.check(IDENTITY, DATA)


def test_a_directory_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("x")
    there = RunDirectory(tmp_path / "file" / "run")
    with pytest.raises(InputError, match=r"cannot be written .*--out"), there.opened(SWEEP):
        pass


# Points


def test_a_point_is_its_record_and_its_network(run):
    run.write_point(record(12, note="λ"), b"a network")
    (found,) = run.records()
    assert found.pop("weights_sha256") == hashlib.sha256(b"a network").hexdigest()
    assert found == record(12, note="λ")
    assert (run.path / "points" / "0012.safetensors").read_bytes() == b"a network"


def test_records_come_in_order(run):
    for point in (10, 2, 0):
        run.write_point(record(point), None)
    assert [found["point"] for found in run.records()] == [0, 2, 10]


def test_a_failed_point_has_no_network(run):
    run.write_point(record(1, status="failed"), None)
    assert [path.name for path in (run.path / "points").iterdir()] == ["0001.json"]


def test_a_forgotten_point_is_not_done(run):
    run.write_point(record(1, status="failed"), None)
    run.forget_point(1)
    run.forget_point(5)
    assert run.records() == []


def test_a_network_without_its_record_does_not_count(run):
    run.write_point(record(0), b"x")
    (run.path / "points" / "0000.json").unlink()
    # What a killed write leaves behind does not count either.
    (run.path / "points" / ".0000.json.abc").write_text("{")
    assert run.records() == []


def test_tables_are_rebuilt_from_the_records(run):
    run.write_tables(IDENTITY, run.records())
    assert not run.results_file.exists()
    run.write_point(record(0), None)
    run.write_tables(IDENTITY, run.records())
    run.write_point(record(1), None)
    worse = {split: {"a": 5.0, "b": 5.0} for split in ("train", "val", "test")}
    run.write_point(record(2, loss=worse), None)
    run.results_file.write_text("point,torn")
    run.write_tables(IDENTITY, run.records())
    table, front = pd.read_csv(run.results_file), pd.read_csv(run.front_file)
    assert table["point"].tolist() == [0, 1, 2]
    assert table["on_front"].tolist() == [True, True, False]
    assert front["point"].tolist() == [0, 1]
    assert list(front.columns) == list(table.columns)


def test_figures_of_sparsity_go_into_the_tables_and_those_of_layers_stay_in_the_records(run):
    sizes = {"sparsity_rate": 12.5, "rows": 8, "rows_kept": 7, "parameters_kept": 70}
    layers = [{"layer": "body.0", "role": "hidden", "rows": 8, "zero_rows": 1}]
    layers[0] |= {"shared_rows": 0, "unique_rows": 7}
    run.write_point(record(0, sparsity=sizes, layers=layers), None)
    run.write_point(record(1, status="failed"), None)
    run.write_tables(IDENTITY, run.records())
    assert run.records()[0]["layers"] == layers
    assert run.records()[0]["sparsity"] == sizes
    table, front = pd.read_csv(run.results_file), pd.read_csv(run.front_file)
    assert table.loc[0, list(sizes)].to_dict() == sizes
    assert table.loc[1, list(sizes)].isna().all()
    assert front.loc[0, list(sizes)].to_dict() == sizes
    assert not {"sparsity", "layers", "layer"} & set(table.columns)


def test_the_normalisation_is_kept(run):
    assert run.normalisation() is None
    content = {"ideal": [0.5, 0], "scale": [2, 1], "worst": [2, 1], "reference_point": [2.1, 1.1]}
    run.write_note("normalisation", content)
    assert run.normalisation() == content


# The history


def epochs(run, shard="0000-0001"):
    text = (run.path / "history" / f"{shard}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line)["epoch"] for line in text.splitlines()]


def test_trimming_drops_later_and_torn_lines(run):
    for epoch in (1, 2, 3, 4):
        run.append_history("0000-0001", [line(p, epoch) for p in (0, 1)])
    path = run.path / "history" / "0000-0001.jsonl"
    text = path.read_text()
    torn = '{"point": 0, "ep'
    path.write_text('5\n{"point": 1}\n\n' + text + torn)
    run.trim_history("0000-0001", 2)
    assert epochs(run) == [1, 1, 2, 2]
    run.append_history("0000-0001", [line(0, 3)])
    assert epochs(run) == [1, 1, 2, 2, 3]
    run.trim_history("0000-0001", 0)
    assert epochs(run) == []
    run.trim_history("none", 3)
    assert not (run.path / "history" / "none.jsonl").exists()


def test_trimming_keeps_lines_whole(run):
    lines = [line(0, epoch, zero_rows=3 * epoch) for epoch in (1, 2, 3)]
    run.append_history("0000-0000", lines)
    run.trim_history("0000-0000", 2)
    text = (run.path / "history" / "0000-0000.jsonl").read_text(encoding="utf-8")
    assert [json.loads(line) for line in text.splitlines()] == lines[:2]


# Checkpoints


def test_a_checkpoint_round_trip(run):
    assert run.load_checkpoint("a") is None
    run.save_checkpoint("a", b"first")
    run.save_checkpoint("a", b"second")
    assert run.load_checkpoint("a") == b"second"
    assert run.load_checkpoint("b") is None
    run.drop_checkpoint("a")
    run.drop_checkpoint("a")
    assert run.load_checkpoint("a") is None
    assert list((run.path / "checkpoints").iterdir()) == []


# One sweep at a time


def test_a_directory_is_for_one_sweep_at_a_time(run):
    with run.opened(SWEEP):
        before = snapshot(run.path)
        other = RunDirectory(run.path)
        words = rf"{run.path} is in use by another sweep \(process {os.getpid()} on .*--out"
        with pytest.raises(InputError, match=words):
            other.check(IDENTITY, DATA)
        with pytest.raises(InputError, match=words), other.opened(SWEEP):
            pass
        assert snapshot(run.path) == before
    run.check(IDENTITY, DATA)
    with run.opened(SWEEP):
        pass
    assert not (run.path / ".lock").exists()


def test_a_lock_that_a_kill_left_holds_nobody_up(run):
    (run.path / ".lock").write_text("process 1 on some machine")
    run.check(IDENTITY, DATA)
    with run.opened(SWEEP):
        assert f"process {os.getpid()}" in (run.path / ".lock").read_text()
    assert not (run.path / ".lock").exists()


def test_another_sweep_that_was_faster_is_refused(tmp_path):
    """Both found the directory free; then one of them took it, and ended."""
    slow = RunDirectory(tmp_path / "run")
    slow.check(IDENTITY, DATA)
    with RunDirectory(tmp_path / "run").opened(SWEEP):
        pass
    mine = SWEEP | {"config": IDENTITY | {"seed": 4}}
    with pytest.raises(InputError, match="its seed is 3, asked for is 4"), slow.opened(mine):
        pass


# Damage


@pytest.mark.parametrize("content", [None, b"", b"network of 3", b"network of 30"])
def test_a_point_whose_network_is_damaged_is_made_again(run, content):
    for point in (0, 3):
        run.write_point(record(point), b"Network of %d" % point)
    assert run.mend() == []
    file = run.path / "points" / "0003.safetensors"
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)
    (note,) = run.mend()
    assert f"{file} was damaged: removed; the point is solved again." == note
    assert not file.exists()
    assert [found["point"] for found in run.records()] == [0]
    assert run.mend() == []


@pytest.mark.parametrize("content", ["", '{"point": 3, ', "[1, 2]", "hello", json.dumps(record(2))])
def test_damaged_records_are_made_again(run, content):
    run.write_point(record(0), b"a network")
    (run.path / "points" / "0003.json").write_text(content)
    (run.path / "normalisation.json").write_text(content)
    (run.path / "points" / "notes.json").write_text("somebody's own")
    record_note, normalisation_note = run.mend()
    assert "0003.json is damaged (" in record_note
    assert "; the point is solved again." in record_note
    assert normalisation_note.endswith("normalisation.json: removed; what it held is done again.")
    assert [found["point"] for found in run.records()] == [0]
    assert run.normalisation() is None
    assert (run.path / "points" / "notes.json").exists()
    assert run.mend() == []


def test_a_record_cannot_name_a_file_outside(run, tmp_path):
    outside = tmp_path / "precious.safetensors"
    outside.write_bytes(b"years of work")
    run.write_point(record(1, weights_file="../../precious.safetensors"), b"a network")
    assert run.records()[-1]["weights_file"] == "points/0001.safetensors"
    (run.path / "points" / "0001.safetensors").write_bytes(b"damaged")
    assert len(run.mend()) == 1
    assert outside.read_bytes() == b"years of work"
    assert not (run.path / "points" / "0001.safetensors").exists()


@pytest.mark.parametrize("folder", ["points", "history", "checkpoints", "tensorboard"])
def test_nothing_is_written_through_a_folder_that_leads_outside(run, tmp_path, folder):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "0001.json").write_text("damaged")
    (tmp_path / "outside" / ".unfinished-abc").write_text("somebody's")
    if (run.path / folder).exists():
        (run.path / folder).rmdir()
    (run.path / folder).symlink_to(tmp_path / "outside")
    before = snapshot(tmp_path / "outside")
    with pytest.raises(InputError, match=f"{folder} is a link to .*outside"), run.opened(SWEEP):
        pass
    assert snapshot(tmp_path / "outside") == before


@pytest.mark.parametrize("name", ["history/0000-0000.jsonl", ".lock"])
@pytest.mark.parametrize("there", [True, False])
def test_nothing_is_written_through_a_link(run, tmp_path, name, there):
    outside = tmp_path / "outside"
    if there:
        outside.write_text("years of work")
    (run.path / name).symlink_to(outside)
    with run.opened(SWEEP):
        run.mend()
        run.append_history("0000-0000", [line(0, 1)])
    assert outside.exists() == there
    assert not there or outside.read_text() == "years of work"
    assert epochs(run, "0000-0000") == [1]


def test_damaged_lines_of_a_history_are_dropped(run):
    run.append_history("0000-0001", [line(0, 1), line(1, 1)])
    path = run.path / "history" / "0000-0001.jsonl"
    whole = path.read_bytes()
    strange = json.dumps(line(7, 1)).encode()  # of another shard
    path.write_bytes(b"\xff\n" + whole + strange + b'\n{"point": 0, "ep')
    (note,) = run.mend()
    assert f"{path}: 3 damaged lines were dropped" in note
    assert path.read_bytes() == whole
    assert run.mend() == []


def test_folders_in_place_of_files_are_moved_aside(run):
    run.write_point(record(1), b"a network")
    for name in ("points/0002.json", "checkpoints/0000-0000.pt", "results.csv"):
        (run.path / name).mkdir()
        (run.path / name / "thesis.tex").write_text("years of work")
    assert len(run.mend()) == 3
    for name in ("points/0002.json", "checkpoints/0000-0000.pt", "results.csv"):
        assert (run.path / f"{name}.aside-1" / "thesis.tex").read_text() == "years of work"
        assert not (run.path / name).exists()
    assert [found["point"] for found in run.records()] == [1]


def test_a_setting_of_a_newer_version_is_not_ignored(tmp_path):
    newer = SWEEP | {"config": IDENTITY | {"momentum": 0.5}}
    with RunDirectory(tmp_path / "run").opened(newer):
        pass
    with pytest.raises(InputError, match='with the setting "momentum", which this version'):
        RunDirectory(tmp_path / "run").check(IDENTITY, DATA)

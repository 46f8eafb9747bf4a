"""`paretocli measure`: that it measures, never how long anything takes."""

import json
import shutil
import sys

import pandas as pd
import pytest

from paretocli.cli.measure_report import measure_report
from paretocli.front.columns import MEASURED
from paretocli.run_directory.lock import sole_user
from paretocli.run_directory.measurements import read_measurements
from paretocli.sweeping.store import RunDirectory
from tests.planted import measurements, plant, timed
from tests.program import files_below, in_process
from tests.test_released import OPTIONS, RELEASED, SWEEP


@pytest.fixture
def run(tmp_path, monkeypatch, capfd):
    """Call the program beside a sweep that 0.1.0 has made."""
    shutil.copytree(RELEASED / "0.1.0-multidigits", tmp_path / "run")

    def run(*arguments):
        return in_process(*arguments, cwd=tmp_path, monkeypatch=monkeypatch, capfd=capfd)

    return run


def refused(ended, *words):
    code, out, err = ended
    assert (code, out) == (2, "")
    (line,) = err.strip().splitlines()
    assert line.startswith("Error: ")
    for word in words:
        assert word in line


def test_an_old_sweep_is_measured_and_all_else_in_its_table_stays(run, tmp_path):
    for point in (0, 1):  # each takes a second
        (tmp_path / "run" / "points" / f"000{point}.json").unlink()
    directory = RunDirectory(tmp_path / "run")
    directory.write_tables(directory.sweep().config, directory.records())
    before = pd.read_csv(tmp_path / "run" / "results.csv")
    code, out, err = run("measure", "run", "--format", "torch", "--repetitions", 20, "--json")
    assert code == 0, err
    assert "Making point 2 small …\nTiming 2 networks at batch 1 …" in err
    found = json.loads(out)
    kept = read_measurements(tmp_path / "run")
    assert {key: found[key] for key in kept} == kept
    assert found["rank_correlation"].keys() == {"1", "64"}
    table = pd.read_csv(tmp_path / "run" / "results.csv")
    assert (table[[*MEASURED]] > 0).all(axis=None)
    pd.testing.assert_frame_equal(table.drop(columns=[*MEASURED]), before)
    for one, cell in zip(found["points"], table["latency_ms_64"], strict=True):
        assert one["latency"]["64"]["median_ms"] == cell
        assert one["latency"]["64"]["calls"] == 20


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--format", "gguf"), "no format named 'gguf'; choose one of torch, program, onnx"),
        (("--threads", 0), "--threads should be at least 1, found 0"),
        (("--repetitions", 19), "--repetitions should be at least 20"),
    ],
)
def test_wrong_options_are_a_sentence(run, tmp_path, options, words):
    before = files_below(tmp_path)
    refused(run("measure", "run", *options), words)
    assert files_below(tmp_path) == before


def test_a_missing_package_is_named_with_its_extra(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    refused(run("measure", "run"), "needs onnxruntime; run pip install 'paretocli[export]'")


def test_wrong_directories_are_a_sentence(run, tmp_path):
    refused(run("measure", "nowhere"), "nowhere holds no sweep.json")
    with sole_user(tmp_path / "run"):
        refused(run("measure", "run", "--format", "torch"), "run is in use by a sweep")
    record = tmp_path / "run" / "points" / "0001.json"
    record.write_text("{")
    refused(run("measure", "run", "--format", "torch"), "0001.json is damaged", "point 1 anew")
    for number in range(3):
        (tmp_path / "run" / "points" / f"000{number}.json").unlink()
    refused(run("measure", "run", "--format", "torch"), "run has no solved point")


def test_the_report_fits_a_terminal_and_says_what_is_slower_or_noise(tmp_path):
    found = measurements({0: 8.0, 3: 2.0, 12: 1.0, 4: 1.1})
    found["points"][3]["latency"]["1"] = timed(1.1, (0.9, 1.2))
    said = measure_report(tmp_path, found)
    lines = said.splitlines()
    assert max(map(len, lines[:8])) <= 80
    rows = [" ".join(line.split()) for line in lines]
    assert "0 0.50 ×, slower 8.000 16.000 0.50 ×, slower 80.000 160.000 8.0" in rows
    assert "3 2.00 × 2.000 4.000 2.00 × 20.000 40.000 2.0" in rows
    assert "dense 4.000 8.000 40.000 80.000 4.0" in rows
    text = " ".join(said.split())
    assert "on board (Some CPU, 4 processors)" in text
    assert "halves of the calls 0.800. Which is faster is within noise for points 12 and 4." in text
    assert "Batch 64: rank correlation of the points between the halves of the calls 1.000" in text


def test_what_was_measured_elsewhere_is_taken_over(run, tmp_path):
    (tmp_path / "run" / "points" / "0002.json").unlink()
    checksums = {
        point: json.loads((tmp_path / "run" / "points" / f"000{point}.json").read_text())[
            "weights_sha256"
        ]
        for point in range(2)
    }
    figures = tmp_path / "figures.json"
    figures.write_text(json.dumps(measurements({0: 3.0}, checksums)))
    code, out, err = run("measure", "run", "--read", "figures.json")
    assert code == 0
    assert "on board (Some CPU, 4 processors)" in " ".join(out.split())
    assert err == "Point 1 was not measured; paretocli measure run measures all points.\n"
    table = pd.read_csv(tmp_path / "run" / "results.csv")
    assert table["latency_ms"][0] == 3.0
    assert table["latency_ms"][1:].isna().all()
    refused(run("measure", "run", "--read", "nowhere.json"), "There is no file nowhere.json")
    for others in (("--threads", 2), ("--format", "onnx"), ("--write-kit", "kit.zip")):
        refused(run("measure", "run", "--read", "figures.json", *others), f"with {others[0]}")


def test_a_sweep_that_goes_on_keeps_the_columns_and_shows_them(run, tmp_path):
    plant(tmp_path / "run", {0: 3.25, 1: 2.5})
    code, out, err = run("sweep", *SWEEP["0.1.0-multidigits"], *OPTIONS)
    assert code == 0, err
    assert "3.2500" in out
    table = pd.read_csv(tmp_path / "run" / "results.csv")
    assert table["latency_ms"][:2].tolist() == [3.25, 2.5]
    assert table["latency_ms"][2:].isna().all()


def test_kits_that_cannot_be_written_are_a_sentence(run, tmp_path):
    kit = ("measure", "run", "--write-kit")
    refused(run(*kit, "no/kit.zip"), "Kit no/kit.zip cannot be written")
    refused(run(*kit, "run"), "Kit run is a folder; give the name of a file with --write-kit")
    refused(run(*kit, "kit.zip", "--format", "torch"), "--write-kit does not go with --format")
    refused(run(*kit, "kit.zip", "--threads", 0), "--threads should be at least 1")
    assert not (tmp_path / "kit.zip").exists()

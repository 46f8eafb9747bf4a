"""The columns of `results.csv` that come from measurements."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from paretocli.front.columns import MEASURED
from paretocli.run_directory.measurements import MEASUREMENTS_FILE
from paretocli.run_directory.mending import mend
from paretocli.run_directory.sweep_file import read_sweep_file
from paretocli.sweeping.store import RunDirectory
from tests.planted import measurements, plant
from tests.test_released import RELEASED


@pytest.fixture
def run(tmp_path):
    """A directory of 0.1.0, with its tables as they are written today."""
    path = tmp_path / "run"
    shutil.copytree(RELEASED / "0.1.0-multidigits", path)
    rebuild(path)
    return path


def rebuild(path):
    directory = RunDirectory(path)
    directory.write_tables(read_sweep_file(path).config, directory.records())


def table(path):
    return pd.read_csv(path / "results.csv")


def test_all_else_stays_as_it_was(run):
    before = table(run)
    plant(run, {0: 1.0, 1: 2.0, 2: 3.0})
    found = table(run)
    assert found["latency_ms"].tolist() == [1.0, 2.0, 3.0]
    assert found["file_bytes"].tolist() == [1000, 2000, 3000]
    columns = found.columns.tolist()
    place = columns.index("compact_macs") + 1
    assert columns[place : place + 5] == [*MEASURED]
    pd.testing.assert_frame_equal(found.drop(columns=[*MEASURED]), before)
    front = pd.read_csv(run / "front.csv")
    assert front["latency_ms"].tolist() == found[found["on_front"]]["latency_ms"].tolist()


def test_a_directory_without_measurements_has_no_such_columns(run):
    before = (run / "results.csv").read_bytes()
    plant(run, {0: 1.0})
    (run / MEASUREMENTS_FILE).unlink()
    rebuild(run)
    assert (run / "results.csv").read_bytes() == before


def test_a_network_that_changed_has_no_old_figures(run):
    plant(run, {0: 1.0, 1: 2.0})
    record = run / "points" / "0001.json"
    content = json.loads(record.read_text()) | {"weights_sha256": "another"}
    record.write_text(json.dumps(content))
    rebuild(run)
    found = table(run)
    assert found["latency_ms"][0] == 1.0
    # Point 1 is another network, point 2 was never measured.
    assert np.isnan(found["latency_ms"][1:]).all()
    assert np.isnan(found["file_bytes"][1:]).all()


def test_a_failed_point_has_none(run):
    plant(run, {0: 1.0, 1: 2.0})
    record = run / "points" / "0001.json"
    kept = {k: v for k, v in json.loads(record.read_text()).items() if k != "weights_sha256"}
    record.write_text(json.dumps(kept | {"status": "failed"}))
    rebuild(run)
    assert np.isnan(table(run)["latency_ms"][1])


def test_a_record_that_names_no_checksum_is_compared_by_its_file(run):
    record = run / "points" / "0000.json"
    content = json.loads(record.read_text())
    checksum = content.pop("weights_sha256")
    record.write_text(json.dumps(content))
    found = measurements({0: 1.0}, {0: checksum})
    (run / MEASUREMENTS_FILE).write_text(json.dumps(found))
    rebuild(run)
    assert table(run)["latency_ms"][0] == 1.0
    (run / "points" / "0000.safetensors").write_bytes(b"another")
    rebuild(run)
    assert np.isnan(table(run)["latency_ms"][0])


def test_damaged_measurements_are_none_and_are_mended(run):
    before = (run / "results.csv").read_bytes()
    (run / MEASUREMENTS_FILE).write_text("{")
    rebuild(run)
    assert (run / "results.csv").read_bytes() == before
    (said,) = mend(read_sweep_file(run))
    assert "measurements.json is damaged" in said
    assert f"paretocli measure {run} measures again" in said
    assert not (run / MEASUREMENTS_FILE).exists()

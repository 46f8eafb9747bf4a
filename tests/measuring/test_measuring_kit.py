"""A kit, and what is made of the figures that it prints."""

import json
import subprocess
import sys
import zipfile

import pytest

from paretocli.errors import InputError
from paretocli.measuring.kit import kit
from paretocli.measuring.read_back import read_figures
from paretocli.run_directory.measurements import parsed_measurements
from tests.planted import measurements
from tests.program import environment
from tests.runs import SPLITS, write_run

WITHOUT = """
import runpy, sys
for name in ("torch", "pandas", "scipy", "safetensors", "typer"):
    sys.modules[name] = None
sys.argv = sys.argv[1:]
sys.path.insert(0, sys.argv[0])
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """What is made once: the folder of a kit of one point."""
    return tmp_path_factory.mktemp("kit")


@pytest.fixture
def archive(made, points):
    file = made / "kit.zip"
    if not file.exists():
        file.write_bytes(kit(points[1:], 1, 20, lambda text: None))
    return file


def run(file, *arguments):
    return subprocess.run(
        [sys.executable, "-c", WITHOUT, str(file), *arguments],
        cwd=file.parent,
        env=environment(PYTHONPATH=""),
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_measures_with_numpy_and_onnxruntime_alone(archive, points):
    done = run(archive, "--name", "the board")
    assert done.returncode == 0, done.stderr
    found = parsed_measurements(archive, done.stdout.encode())
    assert found["device"]["name"] == "the board"
    assert (found["format"], found["threads"]) == ("onnx", 1)
    (one,) = found["points"]
    assert (one["point"], one["checkpoint"]) == (4, points[1].record["weights_sha256"])
    assert one["file_bytes"] < found["dense"]["file_bytes"]
    assert [timed["calls"] for timed in one["latency"].values()] == [20, 20]
    with zipfile.ZipFile(archive) as inside:
        assert len(inside.read("networks/4.onnx")) == one["file_bytes"]


def test_a_kit_that_was_changed_measures_nothing(archive, tmp_path):
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(archive) as inside:
        inside.extractall(folder)
    network = folder / "networks" / "4.onnx"
    network.write_bytes(network.read_bytes()[:-1])
    done = run(folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "networks/4.onnx is not what was packed; copy the kit again.\n"
    done = run(folder, "--threads", "0")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--threads should be at least 1, found 0" in done.stderr


@pytest.fixture
def sweep(tmp_path):
    """A sweep of two points, with the checksums of their networks."""
    path = write_run(tmp_path / "run", [[0.1, 0.9], [0.9, 0.1]])
    (path / "points").mkdir()
    for point in range(2):
        record = {
            **{"point": point, "status": "done", "weights": [0.5, 0.5], "epochs": 1},
            **{"seconds": 1.0, "weights_sha256": f"sum {point}"},
            "loss": {split: {"f1": 0.1, "f2": 0.9} for split in SPLITS},
            "metric": {split: {} for split in SPLITS},
        }
        (path / "points" / f"{point:04d}.json").write_text(json.dumps(record))
    return path


def test_figures_of_these_networks_are_read(sweep, tmp_path):
    file = tmp_path / "figures.json"
    file.write_text(json.dumps(measurements({1: 2.0}, {1: "sum 1"})))
    assert read_figures(file, sweep)["device"]["name"] == "board"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (measurements({1: 2.0}, {1: "sum 0"}), "not that of point 1 of"),
        (measurements({0: 1.0, 7: 2.0}, {0: "sum 0", 7: "sum 1"}), "not that of point 7 of"),
        (measurements({}), "figures of no point"),
        ({"recipe": 9}, "was made in another way"),
        ([], "holds no measurements"),
        (None, "There is no file"),
    ],
)
def test_other_figures_are_refused(sweep, tmp_path, content, words):
    file = tmp_path / "figures.json"
    if content is not None:
        file.write_text(json.dumps(content))
    with pytest.raises(InputError, match=words):
        read_figures(file, sweep)

"""`paretocli export`, on a real sweep with zero rows."""

import json
import shutil
import subprocess
import sys

import numpy as np
import onnxruntime
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from paretocli.errors import InputError
from paretocli.exporting.point import read_solved_point
from paretocli.problems.loading import load_problem
from tests.program import environment, files_below, paretocli


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    sweep = ("sweep", "multidigits", "--weights", "0.6,0.2,0.2", "--weights", "0.1,0.8,0.1")
    done = paretocli(*sweep, "--epochs", 12, "--retrain-epochs", 2, "--out", "run", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def exported(folder):
    formats = ("--format", "program,onnx,onnx-int8", "--max-drop", 30, "--calibration-samples", 100)
    formats += ("--quantise-aware", 2)
    done = paretocli("export", "run", 0, *formats, "--out", "small", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_all_is_smaller_and_says_the_same(folder, exported):
    table = pd.read_csv(folder / "run" / "results.csv").iloc[0]
    assert table["sparsity_rate"] > 10
    before, after = exported["before"], exported["after"]
    assert after["parameters"] <= table["parameters_kept"] < before["parameters"]
    assert after["macs"] < before["macs"]
    # What the sweep says of the point before anybody exports it.
    assert after["parameters"] == table["compact_parameters"]
    assert after["macs"] == table["compact_macs"]
    assert all(after["bytes"][name] < size for name, size in before["bytes"].items())
    assert set(exported["differences"]) == {"module", "program", "onnx"}
    for gaps in exported["differences"].values():
        assert gaps.keys() == {"left", "right"}
        for task, gap in gaps.items():
            assert gap <= 1e-5 * max(1, exported["largest_outputs"][task])
    for task in ("left", "right"):
        name = f"accuracy_{task}"
        assert before["metrics"][name] == pytest.approx(table[f"{name}_test"], abs=1e-6)
        assert after["metrics"][name] == pytest.approx(table[f"{name}_test"], abs=2e-3)
    written = set(files_below(folder / "small"))
    assert written == set(exported["files"])
    assert json.loads((folder / "small" / "export.json").read_text())["point"] == 0
    # Others may read all of it, as far as the user lets them read files at all.
    rights = {file.stat().st_mode & 0o777 for file in (folder / "small").iterdir()}
    assert rights == {(folder / "run" / "sweep.json").stat().st_mode & 0o777}


def test_the_module_needs_this_program_no_more(folder, exported):
    """In a process where paretocli cannot be imported."""
    images = load_problem("multidigits", folder).test.inputs[:8]
    torch.save(images, folder / "images.pt")
    code = (
        "import sys; sys.modules['paretocli'] = None\n"
        "import torch; from network import load\n"
        "images = torch.load(sys.argv[1])\n"
        "left, right = load()(images)\n"
        "program = torch.export.load('network.pt2').module()(images)\n"
        "print(float((left - program[0]).abs().max()), tuple(right.shape), end='')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder / "images.pt")],
        cwd=folder / "small",
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    difference, shape = done.stdout.split(" ", 1)
    assert float(difference) < 1e-5
    assert shape == "(8, 10)"


def test_the_onnx_file_runs_by_itself(folder, exported):
    images = load_problem("multidigits", folder).test.inputs[:8]
    session = onnxruntime.InferenceSession(folder / "small" / "network.onnx")
    assert [output.name for output in session.get_outputs()] == ["left", "right"]
    left, right = session.run(None, {"inputs": images.numpy()})
    assert left.dtype == np.float32
    assert right.shape == (8, 10)


def test_eight_bits(folder, exported):
    found = exported["lossy"]["onnx-int8"]
    assert found["bytes"] == (folder / "small" / "network.int8.onnx").stat().st_size
    assert found["bytes"] < found["bytes_exact"] < found["bytes_dense"]
    assert found["bytes_exact"] == exported["after"]["bytes"]["network.onnx"]
    assert found["calibration_samples"] == 100
    for task in ("left", "right"):
        figure = exported["after"]["metrics"][f"accuracy_{task}"]
        assert found["test"][task]["before"] == pytest.approx(figure, abs=2e-3)
        assert found["validation"][task]["drop"] <= found["max_drop"] == 30
    # Where that holds without, nothing is trained.
    assert (found["quantise_aware"], found["trained"]) == (2, None)


def test_a_drop_without_a_format_of_fewer_bits_is_refused(folder):
    done = paretocli("export", "run", 1, "--format", "onnx", "--max-drop", 1, cwd=folder)
    _refused(done, "--max-drop is for formats that store fewer bits", "onnx-int8")
    assert not (folder / "export-run-1").exists()


def test_a_table_says_what_was_gained(folder):
    done = paretocli("export", "run", 1, "--format", "none", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[:3] == ["gain", "before", "after"]
    for words in (
        "parameters",
        "multiply-accumulates",
        "torch, batch 64, ms (95 %)",
        "test accuracy left",
    ):
        assert words in done.stdout
    assert "Written to export-run-1: network.py, network.safetensors, export.json" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def _refused(done, *words):
    assert done.returncode == 2, done.stdout + done.stderr
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("Error: ")
    for word in words:
        assert word in line


def test_wrong_input_is_refused(folder, exported, tmp_path):
    before = files_below(folder)
    _refused(paretocli("export", "run", 7, cwd=folder), "has no point 7", "0 to 1")
    _refused(paretocli("export", "run", 0, "--out", "small", cwd=folder), "small is there already")
    assert files_below(folder) == before

    run = tmp_path / "run"
    shutil.copytree(folder / "run", run)
    file = run / "points" / "0000.safetensors"
    whole = file.read_bytes()
    flipped = bytearray(whole)
    flipped[-100] ^= 1  # one bit of one parameter
    for damaged in (whole[: len(whole) // 2], flipped):
        file.write_bytes(damaged)
        _wrong(run, 0, "0000.safetensors was damaged or changed since its sweep wrote it")
    file.write_bytes(whole)
    (run / "points" / "0001.json").unlink()
    _wrong(run, 1, "Point 1 .* is not finished")
    _wrong(tmp_path / "nowhere", 0, "holds no sweep.json")
    sweep = json.loads((run / "sweep.json").read_text())
    sweep["data"]["test"] = "other"
    (run / "sweep.json").write_text(json.dumps(sweep))
    _wrong(run, 0, "test split is another one")


def refused(file):
    raise AssertionError(f"asked to run {file}, where the problem is built in")


def _wrong(run, point, words):
    with pytest.raises(InputError, match=words):
        read_solved_point(run, point, run, problem=None, consent=refused)


def test_a_format_that_is_none_is_refused(folder):
    done = paretocli("export", "run", 0, "--format", "tflite", cwd=folder)
    _refused(done, "There is no format named 'tflite'", "program, onnx")


def test_the_file_holds_the_parameters_that_are_counted(folder, exported):
    tensors = load_file(folder / "small" / "network.safetensors")
    floats = sum(t.numel() for t in tensors.values() if t.is_floating_point())
    assert floats == exported["after"]["parameters"]

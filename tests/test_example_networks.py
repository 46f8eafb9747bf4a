"""Networks of the examples, from the check over a small point to a file of ONNX, each in short."""

import json
import sys
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from PIL import Image

from paretocli.core.inputs import tensors_of
from paretocli.problems.asked import Asked
from paretocli.problems.loading import load_problem
from tests.forking import run_script
from tests.image_folder import draw_folder
from tests.program import environment, paretocli
from tests.scenes import write_scenes

EXAMPLES = Path(__file__).parent.parent / "examples"
SHORT = ("--epochs", 2, "--retrain-epochs", 1, "--batch-size", 4, "--quiet")
SHORT += ("--out", "run")
FEW = ("--lr", 0.05, "--train-samples", 64)


def taken_away(name, place, *options, weights, steps=(), **settings):
    """Check an example, train a point with many zero rows, and export it; gives the report.

    Args:
        name: Of the file.
        place: Where the run goes.
        options: Of all three commands.
        weights: Those of the point, sparsity first.
        steps: Options of the sweep that make rows zero in no time.
        settings: The arguments of the file's function.
    """
    problem = f"{EXAMPLES / name}:make"
    given = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    checked = paretocli("check", problem, *options, *given, cwd=place)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "No failure found" in checked.stderr
    swept = paretocli(
        *("sweep", problem, *options, *given, "--weights", weights, *SHORT, *steps), cwd=place
    )
    assert swept.returncode == 0, swept.stderr
    away = ("--format", "onnx", "--out", "small", "--problem", problem, "--json")
    exported = paretocli("export", "run", 0, *away, *options, cwd=place)
    assert exported.returncode == 0, exported.stderr
    return json.loads(exported.stdout)


def is_small_and_equal(report):
    """Whether less is left than there was, with the same outputs, which are not all the same."""
    before, after = (report[when]["parameters"] for when in ("before", "after"))
    assert after < 0.9 * before
    for differences in report["differences"].values():
        for task, difference in differences.items():
            assert difference < 1e-4 * max(report["largest_outputs"][task], 1e-3)
    return True


def runs_by_itself(place, name, **settings):
    """The shapes of what the file of ONNX gives for three samples of the test split."""
    problem = load_problem(f"{EXAMPLES / name}:make", place / "data", Asked(set=settings))
    rows = problem.test.rows(slice(3))
    session = onnxruntime.InferenceSession(place / "small" / "network.onnx")
    names = [one.name for one in session.get_inputs()]
    feed = {
        name: tensor.numpy()
        for name, tensor in zip(names, tensors_of(rows.inputs).values(), strict=True)
    }
    found = session.run(None, feed)
    assert all(np.isfinite(output).all() for output in found)
    return [output.shape for output in found]


def test_a_residual_network_on_a_folder_of_images(tmp_path):
    draw_folder(tmp_path)
    name = "resnet_folder.py"
    settings = {"folder": "photos", "labels": "labels.csv", "width": 8}
    given = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    dense = ("--no-sparsity", "--epochs", 1, "--train-samples", 8, "--quiet", "--out", "dense")
    done = paretocli("train", f"{EXAMPLES / name}:make", *given, *dense, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    steps = ("--lr", 0.03, "--epochs", 4, "--groups", "streams", "--start-from", "dense:0")
    report = taken_away(name, tmp_path, weights="0.98,0.01,0.01", steps=steps, **settings)
    assert is_small_and_equal(report)


def test_experts_on_a_table(tmp_path):
    name = "experts_table.py"
    report = taken_away(name, tmp_path, weights="0.98,0.01,0.01", steps=FEW)
    assert is_small_and_equal(report)
    assert runs_by_itself(tmp_path, name) == [(3, 2), (3, 1)]


def test_a_u_net_on_scenes(tmp_path):
    name = "unet_scenes.py"
    write_scenes(tmp_path / "data" / "scenes")
    options = ("--data-dir", "data")
    steps = ("--lr", 0.05, "--train-samples", 6, "--batch-size", 1, "--epochs", 4)
    weights = "0.97,0.01,0.01,0.01"
    report = taken_away(name, tmp_path, *options, weights=weights, steps=steps)
    assert is_small_and_equal(report)


def test_a_bert_with_two_questions(tmp_path):
    pytest.importorskip("transformers", reason="the example's network is that package's")
    name = "bert_reviews.py"
    report = taken_away(name, tmp_path, weights="0.98,0.01,0.01", steps=FEW)
    assert is_small_and_equal(report)
    assert runs_by_itself(tmp_path, name) == [(3, 3), (3, 2)]


def test_three_data_sets(tmp_path):
    name = "three_datasets.py"
    steps = ("--lr", 0.05, "--batch-size", 16)
    report = taken_away(name, tmp_path, weights="0.97,0.01,0.01,0.01", steps=steps)
    assert is_small_and_equal(report)


def test_cifar_10_as_a_folder(tmp_path):
    with ZipFile(tmp_path / "pictures.zip", "w") as file:
        for part, count in (("train", 12), ("test", 4)):
            for kind in ("cat", "ship"):
                for number in range(count):
                    image = Image.new("RGB", (8, 8), (20 * number, 100 * (kind == "cat"), 0))
                    data = BytesIO()
                    image.save(data, "JPEG")
                    file.writestr(f"{part}/{kind}/{number:04d}.jpg", data.getvalue())
    script = [sys.executable, str(EXAMPLES / "unpack_cifar10.py"), "pictures.zip", "pictures"]
    done = run_script([*script, "--train", "110"], tmp_path, environment(), tmp_path)
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(tmp_path / "pictures" / "labels.csv")
    assert table["split"].value_counts().to_dict() == {"train": 18, "test": 8, "val": 4}
    assert (table["alive"] == table["object"].map({"cat": "yes", "ship": "no"})).all()
    images = ("images:pictures/images", "--labels", "pictures/labels.csv")
    done = paretocli("sweep", *images, "--dry-run", cwd=tmp_path)
    assert "30 images, in colour, 8 × 8; the rows are split as" in done.stderr

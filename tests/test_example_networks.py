"""Networks of the examples, from the check over a small point to a file of ONNX, each in short."""

import importlib.util
import sys
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from PIL import Image

import paretocli
from paretocli.core.inputs import tensors_of
from paretocli.problems.asked import Asked
from paretocli.problems.loading import load_problem
from tests.forking import run_script
from tests.image_folder import draw_folder
from tests.program import environment
from tests.program import paretocli as program
from tests.scenes import write_scenes

EXAMPLES = Path(__file__).parent.parent / "examples"
pytestmark = pytest.mark.usefixtures("no_export_trial", "no_costs_tried")


def taken_away(name, place, weights, options, **asked):
    """Check an example, train a point with many zero rows, and export it; gives what came of it.

    Args:
        name: Of the file.
        place: Where the run goes.
        weights: Those of the point, sparsity first.
        options: Of the sweep, beside those that make rows zero in no time.
        asked: Arguments of the problem: `set`, and `data_dir`.
    """
    problem = f"{EXAMPLES / name}:make"
    assert not paretocli.check(problem, device="cpu", **asked).failures
    chosen = {"epochs": 2, "retrain_epochs": 1, "batch_size": 4, "lr": 0.05, **options, **asked}
    alone = {"device": "cpu", "threads": 1, "jobs": 1, "progress": False}
    run = paretocli.sweep(problem, weights=[weights], out=place / "run", **chosen, **alone)
    return run.export(0, place / "small", ("onnx",))


def is_small_and_equal(found):
    """Whether less is left than there was, with the same outputs."""
    assert found.after.parameters < 0.9 * found.before.parameters
    for differences in found.differences.values():
        for task, difference in differences.items():
            assert difference < 1e-4 * max(found.largest_outputs[task], 1e-3)
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


def test_a_residual_network_on_a_folder_of_images(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    draw_folder(tmp_path)
    asked = {"set": {"folder": "photos", "labels": "labels.csv", "width": 4, "blocks": 1}}
    options = {"epochs": 4, "groups": "streams"}
    found = taken_away("resnet_folder.py", tmp_path, [0.98, 0.01, 0.01], options, **asked)
    assert is_small_and_equal(found)


def test_experts_on_a_table(tmp_path):
    name, few, two = "experts_table.py", {"epochs": 3}, {"experts": 2}
    assert is_small_and_equal(taken_away(name, tmp_path, [0.98, 0.01, 0.01], few, set=two))
    assert runs_by_itself(tmp_path, name, **two) == [(3, 2), (3, 1)]


def test_a_u_net_on_scenes(tmp_path):
    write_scenes(tmp_path / "data" / "scenes")
    options, weights = {"batch_size": 1, "epochs": 4}, [0.97, 0.01, 0.01, 0.01]
    data_dir = {"data_dir": tmp_path / "data"}
    assert is_small_and_equal(taken_away("unet_scenes.py", tmp_path, weights, options, **data_dir))


def test_a_bert_with_two_questions(tmp_path):
    pytest.importorskip("transformers", reason="the example's network is that package's")
    name, settings = "bert_reviews.py", {"train": 64, "layers": 1}
    found = taken_away(name, tmp_path, [0.98, 0.01, 0.01], {}, set=settings)
    assert is_small_and_equal(found)
    assert runs_by_itself(tmp_path, name, **settings) == [(3, 3), (3, 2)]


def test_three_data_sets(tmp_path):
    options, weights = {"batch_size": 16}, [0.97, 0.01, 0.01, 0.01]
    assert is_small_and_equal(taken_away("three_datasets.py", tmp_path, weights, options))


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
    done = program("sweep", *images, "--dry-run", cwd=tmp_path)
    assert "30 images, in colour, 8 × 8; the rows are split as" in done.stderr


def test_groups_are_compared():
    spec = importlib.util.spec_from_file_location("groups", EXAMPLES / "compare_groups.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    alone = pd.DataFrame({"val": [0.9, 0.8, 0.7], "compact_parameters": [900, 400, 300]})
    grouped = pd.DataFrame({"val": [0.89, 0.797, 0.6], "compact_parameters": [600, 200, 50]})
    assert module.compared(alone, grouped) == [
        "0.900 with 900: none is",
        "0.800 with 400: 200, 2.00 times",
        "0.700 with 300: 200, 1.50 times",
    ]

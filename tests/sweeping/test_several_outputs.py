"""Outputs and targets of several tensors, from the data to the exported network."""

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from paretocli.problems.loading import load_problem
from paretocli.sweeping.resolve import resolve
from paretocli.sweeping.run import run_sweep
from paretocli.sweeping.store import RunDirectory
from paretocli.training.batches import mixed_seed
from tests.program import paretocli
from tests.sweeping.several import FORMS, SOURCE
from tests.sweeping.test_collect import Told, never

# How points are computed, and whether labels are missing, which takes the longer way.
OPTIONS = [
    ({}, ""),
    ({}, "_missing"),
    ({"stack": 1, "micro_batch": 3}, "_missing"),
    ({"batches": "independent", "transfer": "neighbours"}, "_missing"),
]


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("several") / "several.py"
    path.write_text(SOURCE)
    return path


def swept(file, name, out, stop=never, **options):
    fixed = {"threads": 1, "jobs": 1, "device": "cpu", "checkpoint_every": 0.0}
    found = resolve({"problem": f"{file}:{name}", "out": str(out), **fixed, **options})
    directory = RunDirectory(found.config.out)
    how = {"checksums": found.checksums, "stop": stop, "traced": found.traced}
    run_sweep(found.config, found.problem, directory, Told(), **how)
    return table(out) if stop is never else None


def table(out):
    return pd.read_csv(Path(out) / "results.csv").drop(columns=["seconds", "problem"])


@pytest.mark.parametrize("place", range(len(OPTIONS)))
def test_all_forms_give_the_same_results(file, tmp_path, place):
    """Each of them with one of the ways."""
    options, missing = OPTIONS[place]
    expected = swept(file, f"plain{missing}", tmp_path / "plain", **options)
    assert (expected["status"] == "done").all()
    assert expected["f1_box_test"].between(0, 1).all()
    assert expected["stationarity"].between(0, 1 + 1e-6).all()
    for form in FORMS[place :: len(OPTIONS)]:
        name = form.lower() + missing
        found = swept(file, name, tmp_path / name, **options)
        pd.testing.assert_frame_equal(found, expected, check_exact=True)


def test_they_are_stacked(file):
    found = resolve({"problem": f"{file}:byname", "device": "cpu"})
    assert found.config.stack == len(found.config.weights)


def test_a_stopped_sweep_goes_on_to_the_same_end(file, tmp_path):
    whole = swept(file, "byname_missing", tmp_path / "whole")
    asked = iter([False, True])
    swept(file, "byname_missing", tmp_path / "halves", stop=lambda: next(asked, True))
    assert not (tmp_path / "halves" / "points" / "0000.json").exists()
    found = swept(file, "byname_missing", tmp_path / "halves")
    pd.testing.assert_frame_equal(found, whole, check_exact=True)


@pytest.mark.parametrize(
    ("name", "formats"), [("byname_missing", "program,onnx"), ("tuples", "onnx")]
)
def test_each_tensor_is_an_output_of_what_is_exported(file, tmp_path, name, formats):
    swept(file, name, tmp_path / "run", points=2)
    command = ("export", "run", 1, "--problem", f"{file}:{name}", "--out", "small")
    done = paretocli(*command, "--format", formats, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    parts = ["mean", "log_variance", "logits", "place"] if "name" in name else ["0", "1"] * 2
    names = [f"{task}.{part}" for task, part in zip(["size"] * 2 + ["box"] * 2, parts, strict=True)]
    report = json.loads((tmp_path / "small" / "export.json").read_text())
    for gaps in report["differences"].values():
        assert list(gaps) == names
        assert max(gaps.values()) < 1e-5
    record = json.loads((tmp_path / "run" / "points" / "0001.json").read_text())
    for side in ("before", "after"):
        assert report[side]["metrics"] == pytest.approx(record["metric"]["test"])
    session = onnxruntime.InferenceSession(tmp_path / "small" / "network.onnx")
    assert [output.name for output in session.get_outputs()] == names
    problem = load_problem(f"{file}:{name}", Path())
    network = problem.networks["net"]()
    network.load_state_dict(load_file(tmp_path / "run" / "points" / "0001.safetensors"))
    inputs = problem.test.inputs
    size, box = network.size(network.body(inputs)), network.box(network.body(inputs))
    expected = [size[:, 0], size[:, 1], box[:, :3], box[:, 3:]]
    for one, other in zip(session.run(None, {"inputs": inputs.numpy()}), expected, strict=True):
        np.testing.assert_allclose(one, other.detach().numpy(), atol=1e-5)


def test_a_plain_loop_gives_the_same_losses(file, tmp_path):
    """Mean and log-variance by name, against a loop over the same batches from the same start."""
    epochs, batch, weights = 3, 8, (0.25, 0.75)
    options = {
        "solver": "linear",
        "scale": "none",
        "ideal": "0,0",
        "sparsity": False,
        "weights": [",".join(map(str, weights))],
        "schedule": "constant",
        "epochs": epochs,
        "lr": 0.01,
        "optimizer": "adam",
        "batch_size": batch,
        "seed": 3,
    }
    swept(file, "byname", tmp_path / "run", **options)
    lines = [
        json.loads(line)
        for line in (tmp_path / "run" / "history" / "0000-0000.jsonl").read_text().splitlines()
    ]
    problem = load_problem(f"{file}:byname", Path())
    with torch.random.fork_rng():
        torch.manual_seed(3)
        network = problem.networks["net"]()
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    train, (size, box) = problem.train, problem.train.targets
    for epoch, line in enumerate(lines):
        seed = mixed_seed(3, epoch, 0)
        order = torch.randperm(len(train), generator=torch.Generator().manual_seed(seed))
        losses = []
        for rows in order.split(batch)[: len(train) // batch]:
            given = network(train.inputs[rows])
            mean, log_variance = given["size"]
            likelihood = log_variance + (size[rows] - mean) ** 2 / log_variance.exp()
            of_class = torch.nn.functional.cross_entropy(given["box"]["logits"], box["label"][rows])
            of_place = (given["box"]["place"] - box["place"][rows]).square().mean()
            each = torch.stack([likelihood.mean() / 2, of_class + of_place])
            optimizer.zero_grad()
            (torch.tensor(weights) @ each).backward()
            optimizer.step()
            losses.append(each.detach())
        expected = torch.stack(losses).mean(dim=0).tolist()
        assert list(line["loss"]["train"].values()) == pytest.approx(expected, rel=1e-5)

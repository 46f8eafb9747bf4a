"""The page that goes with an exported network."""

import json
import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import paretocli
from paretocli.core.description import Description, Feature
from paretocli.core.prediction import Classes, Count, Number
from paretocli.exporting.export import export_point
from paretocli.exporting.handing_over import hand_over
from paretocli.exporting.handing_over.card_figures import classes_text, groups_text, metrics_text
from paretocli.exporting.handing_over.card_origin import certificate_text, made_text, point_text
from paretocli.exporting.handing_over.card_use import inputs_text, outputs_text
from paretocli.exporting.handing_over.interface import inputs_of, outputs_of
from paretocli.exporting.handing_over.intervals import Figure
from paretocli.exporting.handing_over.markdown import code, plain, table
from paretocli.exporting.handing_over.provenance import (
    certificate_of,
    data_of,
    made_with,
    point_of,
    rates_of,
    results_of,
    split_facts,
    sweep_of,
)
from paretocli.run_directory.points import read_record
from paretocli.run_directory.sweep_file import read_sweep_file
from tests.exact import exact_points
from tests.exporting.handed_over import COUNT, exported_folder, solved_point
from tests.program import files_below
from tests.solved import EPSILON, exact_multipliers, write_solved

WEIGHTS = [[0.3, 0.7], [0.5, 0.5], [0.7, 0.3]]


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    return exported_folder(tmp_path_factory.mktemp("card"), formats=())


@pytest.fixture(scope="module")
def card(exported):
    return json.loads((exported[0] / "card.json").read_text(), parse_constant=pytest.fail)


def test_what_it_takes_and_gives(card):
    assert card["inputs"]["tensors"] == [
        {"name": "numbers", "dtype": "float64", "shape": "(B, 3)"},
        {"name": "words", "dtype": "int64", "shape": "(B, 5)"},
    ]
    names = [(one["name"], one["task"], one["dtype"]) for one in card["outputs"]]
    assert names == [
        ("a b", "a b", "float32"),
        ("parts|x.value", "parts|x", "float32"),
        ("parts|x.sign", "parts|x", "int64"),
    ]


def test_figures_are_those_of_the_exported_network(card, exported):
    said = exported[1].after.metrics
    found = card["test"]["metrics"]
    assert found.keys() == said.keys()
    for name, figure in found.items():
        assert figure["value"] == said[name]
        assert figure["low"] < figure["value"] < figure["high"]
    assert card["test"]["samples"] == COUNT
    assert card["sizes"]["after"]["parameters"] == exported[1].after.parameters
    assert card["exchange_rates"]["reason"].startswith("No exchange rates at point 3: ")


def test_the_samples_are_those_of_the_test_split(card, exported):
    said = card["verification"]
    with np.load(exported[0] / said["samples"]) as arrays:
        assert arrays["input_0"].dtype == np.float64
        assert arrays["input_1"].dtype == np.int64
        assert len(said["rows_of_test_split"]) == len(arrays["output_2"]) == 8
    assert said["inputs"] == ["numbers", "words"]
    assert said["forms"]["network.py"]["needs"] == ["network.safetensors"]
    tolerance = said["forms"]["network.py"]["tolerance"]
    assert tolerance["a b"] == 1e-5 * max(1, exported[1].largest_outputs["a b"])


def test_the_page_has_80_columns(exported):
    text = (exported[0] / "card.md").read_text()
    fenced = False
    for line in text.splitlines():
        fenced ^= line.startswith("```")
        if not fenced and not line.startswith("|"):
            assert len(line) <= 80, line
    assert "| error parts\\|x |" in text  # the bar parts no cells
    assert "`parts|x.value`, float32 (B, 2)" in text
    headings = [line for line in text.splitlines() if line.startswith("## ")]
    assert headings[0] == "## What it takes"
    assert headings[-1] == "## Verifying it"


def test_a_network_that_gives_no_numbers_has_a_card(tmp_path):
    solved = solved_point(tmp_path)
    with torch.no_grad():
        solved.network.heads[0].bias[0] = math.nan
    export_point(solved, tmp_path / "out", [], threads=1)
    found = json.loads((tmp_path / "out" / "card.json").read_text(), parse_constant=pytest.fail)
    figure = found["test"]["metrics"]["error_a b"]
    assert figure["value"] is None
    assert figure["reason"] == "The metric has no value on the test data."
    assert found["test"]["metrics"]["error_parts|x"]["low"] is not None
    assert paretocli.verify(tmp_path / "out").ok


def test_no_samples_where_nobody_may_see_any(tmp_path):
    said = export_point(solved_point(tmp_path), tmp_path / "out", [], threads=1, samples=0)
    assert set(said.files) == set(files_below(tmp_path / "out"))
    assert "samples.npz" not in said.files
    text = (tmp_path / "out" / "card.md").read_text()
    assert "No test samples are stored" in text
    assert "samples.npz" not in text
    found = paretocli.verify(tmp_path / "out", said.digest)
    assert found.ok
    assert found.unchecked == ("outputs, as no samples are stored.",)


def test_half_a_folder_never_appears(tmp_path, monkeypatch):
    def failing(*given):
        raise RuntimeError("no page")

    solved = solved_point(tmp_path)
    monkeypatch.setattr(hand_over, "card_text", failing)
    with pytest.raises(RuntimeError, match="no page"):
        export_point(solved, tmp_path / "new" / "out", [], threads=1)
    assert [path.name for path in tmp_path.iterdir()] == ["point.safetensors"]


def test_the_checksums_come_last_into_a_folder_that_is_there(tmp_path, monkeypatch):
    moved, move = [], Path.replace

    def noted(path, to):
        moved.append(Path(to).relative_to(tmp_path).as_posix())
        return move(path, to)

    (tmp_path / "out").mkdir()
    monkeypatch.setattr(Path, "replace", noted)
    export_point(solved_point(tmp_path), tmp_path / "out", [], threads=1)
    assert moved[-1] == "out/checksums.json"


def sweep(folder, record=None, **config):
    """A solved point of an exact sweep, whose network is of something else."""
    points = exact_points("vlmop2", np.array(WEIGHTS), EPSILON)
    path = write_solved(
        folder / "run",
        points,
        WEIGHTS,
        exact_multipliers("vlmop2", WEIGHTS, EPSILON).tolist(),
        record=record,
        **config,
    )
    found = read_sweep_file(path)
    return replace(solved_point(folder), directory=path, record=read_record(found, 1), sweep=found)


def test_a_certified_point_has_exchange_rates(tmp_path):
    solved = sweep(tmp_path, record={"best_epoch": 4})
    results = results_of(solved)
    rates = rates_of(solved, results)
    assert not rates.reason
    assert rates.rates is not None
    card = {
        "point": point_of(solved, results),
        "sweep": sweep_of(solved),
        "certificate": certificate_of(solved),
    }
    text = "\n\n".join([*point_text(card), *certificate_text(card, rates)])
    assert "point 1, of 3 of its sweep, for the weights f1 0.5, f2 0.5" in text
    assert "The validation data chose epoch 4" in text
    assert "Relative gap 0: 0 where the weighted losses" in text
    assert "What a step costs here:" in text


def test_without_a_certificate_there_is_a_reason(tmp_path):
    solved = sweep(tmp_path, record={"relative_gap": 0.3, "stationarity": 0.9})
    rates = rates_of(solved, results_of(solved))
    assert rates.reason == (
        "No exchange rates at point 1: its relative gap is 0.3, above 0.05, so that its "
        "multipliers say nothing."
    )
    (solved.directory / "results.csv").unlink()
    assert results_of(solved) is None
    assert "has no table of results that could be read" in rates_of(solved, None).reason
    nothing = certificate_text({"certificate": {}}, rates)
    assert nothing[0] == "Its record has no certificate."


@pytest.mark.parametrize(
    ("fields", "serves", "words"),
    [
        ({"kept_epoch": 5, "parent": 2}, None, "It is epoch 5 of point 2, and was not trained"),
        ({"pruned_to": 3000, "parent": 2}, None, "pruned from point 2 to 3,000 parameters"),
        ({"parent": 2}, None, "Its training started from point 2."),
        ({"parent": None}, "a, b", "It is one of a set, and serves these tasks: a, b."),
        ({}, "", "It is one of a set, and not the best of it at any task."),
    ],
)
def test_how_it_came_about(fields, serves, words):
    point = {"number": 4, "weights": {"a": 1.0}, "serves": serves, **fields}
    (text,) = point_text({"point": point, "sweep": None})
    assert words in " ".join(text.split())
    assert "started from" not in text or fields.get("parent") == 2


def test_data_settings_and_versions(tmp_path):
    solved = sweep(
        tmp_path,
        record={"device": "cuda:0", "made_with": {"versions": {"torch": "2.0"}}},
        train_samples=5,
        group="per|son",
        split="part",
        solver="chebyshev",
    )
    found = data_of(solved)
    assert found["samples"] == {"train": 5, "val": COUNT, "test": COUNT}
    said = made_with(solved, threads=3)
    assert said["training"] == {"versions": {"torch": "2.0"}, "device": "cuda:0"}
    assert said["export"]["versions"]["torch"] == torch.__version__.split("+")[0]
    assert len(split_facts(solved)) == 2
    whole = sweep_of(solved)
    assert "weights" not in whole["settings"]
    card = {"sweep": whole, "made_with": said, "export_command": "paretocli export x 1"}
    text = "\n".join(made_text(card))
    assert "| `group`" in text
    assert "`per\\|son`" in text
    assert "Trained with torch 2.0, `cuda:0`." in text
    assert "3 threads" in text


def described(**fields):
    """A problem of one task, so far as the page looks at it."""
    task = SimpleNamespace(name="t", of=None, prediction=fields.pop("prediction", None))
    return SimpleNamespace(
        tasks=[task],
        columns=fields.pop("columns", ()),
        prepare=None,
        description=Description(**fields),
    )


@pytest.mark.parametrize(
    ("prediction", "words"),
    [
        (None, "what the numbers stand for, the problem does not say."),
        (Classes(2), "logits of 2 classes, in this order: `no`, `yes`; softmax"),
        (Number(3.0, 0.5), "a standardised number; 3 + 0.5 × output is the prediction."),
        (Count(2.5), "2.5 × exp(output) is the expected count."),
    ],
)
def test_what_outputs_mean(prediction, words):
    problem = described(prediction=prediction, classes={"t": ("no", "yes")})
    (text,) = outputs_text(outputs_of(problem, [torch.zeros(2, 2)]))
    assert words in " ".join(text.split())


def test_how_inputs_are_made_of_columns():
    features = [
        Feature("age", "number", 40.0, 12.0),
        Feature("town", "category", categories=("Ulm",)),
        Feature("town", "category", categories=("Rom", "Kiel")),
        Feature("age", "missing"),
        Feature("street", "code", categories=("a", "b")),
    ]
    problem = described(features=features, preparation=["Rows are *people*."])
    found = inputs_of(problem, {"inputs": torch.zeros(2, 5)}, ["town"])
    text = "\n".join(inputs_text(json.loads(json.dumps(found))))
    assert "- Rows are \\*people\\*." in text
    assert "| `age`    | 0      | (x − 40) / 12; missing: 0 " in text
    assert "| `town`   | 1–2    | 1 where it is in turn `Ulm`, `Rom or Kiel`, else 0 |" in text
    assert "| `age`    | 3      | 1 where it is missing, else 0 " in text
    assert "| `street` | 4      | number from 1 on of `a`, `b` " in text
    assert "It reads nothing of the columns `town`." in text


def test_what_is_said_of_intervals():
    metrics = {
        "same": Figure(1.0, 1.0, 1.0, 1000),
        "few": Figure(0.5, 0.25, 0.75, 200, 13),
        "none": Figure(0.5, reason="It is odd."),
        "beside": Figure(0.01, 0.02, 0.3, 1000),
    }
    test = {
        "samples": 1234,
        "metrics": {name: vars(figure) for name, figure in metrics.items()},
        "intervals": {"level": 0.95, "seed": 0},
    }
    text = " ".join("\n".join(metrics_text(test)).split())
    assert "| few | 0.5000 | 0.2500 – 0.7500 | 200 |" in text
    assert "95 % interval" in text
    assert "same is the same in all resamples, which says nothing of other data." in text
    assert "few has no value in 13 of its 200 resamples, which are left out." in text
    assert "none has no interval: It is odd." in text
    assert "beside lies outside its interval" in text


def test_what_is_said_of_classes():
    recall = {
        "cat": Figure(0.5, 0.25, 0.75, 1000, 2),
        "d_og": Figure(1.0, 1.0, 1.0, 1000),
        "eel": Figure(None, reason="No test sample is of this class."),
    }
    task = {
        "recall": {name: vars(figure) for name, figure in recall.items()},
        "classes": {"cat": 4, "d_og": 1234, "eel": 0},
    }
    test = {"tasks": {"left": task, "b": {"recall": {}}}, "intervals": {"level": 0.95}}
    lines = "\n".join(classes_text(test)).splitlines()
    rows = [" ".join(line.split()) for line in lines if line.startswith("|")]
    assert rows[0] == "| class | test samples | recall | 95 % interval | resamples |"
    assert rows[2:] == [
        "| cat | 4 | 0.5000 | 0.2500 – 0.7500 | 1000 |",
        "| d_og | 1,234 | 1.0000 | 1.0000 – 1.0000 | 1000 |",
        "| eel | 0 | none | none | |",
    ]
    text = " ".join(lines)
    assert text.startswith("By the classes of left: of the test samples of each, the share")
    assert (
        "- the recall of cat has no value in 2 of its 1000 resamples, which are left out." in text
    )
    assert "the recall of d_og is the same in all resamples" in text
    assert "of eel" not in text


def test_what_is_said_of_groups():
    of_one = {
        "accuracy_a": Figure(0.5, 0.25, 0.75, 1000, 2),
        "auroc_a": Figure(None, reason="Odd."),
    }
    figures = {"x": of_one, "y_z": {"accuracy_a": Figure(None, reason="It has no value.")}}
    by_group = {
        group: {name: vars(figure) for name, figure in metrics.items()}
        for group, metrics in figures.items()
    }
    task = {"by_group": by_group, "groups": {"x": 1234, "y_z": 0}}
    test = {"tasks": {"f": task, "b": {"by_group": {}}}, "intervals": {"level": 0.95}}
    lines = "\n".join(groups_text(test)).splitlines()
    assert lines[0] == "By the groups of f:"
    rows = [" ".join(line.split()) for line in lines if line.startswith("|")]
    assert rows[2:] == [
        "| accuracy a | x | 1,234 | 0.5000 | 0.2500 – 0.7500 | 1000 |",
        "| auroc a | x | 1,234 | none | none | |",
        "| accuracy a | y_z | 0 | none | none | |",
    ]
    assert [line for line in lines if line.startswith("-")] == [
        "- accuracy_a of x has no value in 2 of its 1000 resamples, which are left out.",
        "- auroc_a of x has no interval: Odd.",
    ]


def test_names_are_no_markup():
    assert plain("_a_ b_c <i>*x*\n") == "\\_a\\_ b_c \\<i\\>\\*x\\* "
    assert code("a`b``") == "``` a`b`` ```"
    assert table(("a", "b"), [("`x|y`", "1")]).splitlines()[2] == "| `x\\|y` |   1 |"

"""What the program writes into a run directory is of the types that are declared."""

import dataclasses
import json
from pathlib import Path
from typing import Annotated, NotRequired, TypedDict, get_type_hints

import pytest

from paretocli.run_directory import forms
from paretocli.run_directory.box import NormalisationNote
from paretocli.run_directory.history import HistoryLine
from paretocli.run_directory.point_record import LayerRecord, PointRecord
from paretocli.run_directory.sweep_content import Identity, Runtime, SweepContent
from paretocli.sparsity.figures import LayerFigures
from paretocli.sweeping.observers import Observers
from paretocli.sweeping.resolve import resolve
from paretocli.sweeping.run import run_sweep
from paretocli.sweeping.store import RunDirectory
from tests.misfits import misfits

RELEASED = sorted((Path(__file__).parents[1] / "released").iterdir())

ANALYTIC = {"problem": "vlmop2", "points": 2}
NETWORKS = {"problem": "multidigits", "network": "hps", "train_samples": 64}
SINGLE = {**NETWORKS, "sparsity": False, "solver": "single"}
TAUGHT = {**NETWORKS, "sparsity": False, "weights": ["0.4,0.6"]}
SPARSE = {**NETWORKS, "weights": ["0.2,0.4,0.4"], "retrain_epochs": 1}
DIVERGES = {**SPARSE, "optimizer": "sgd", "lr": 1e20}


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """Sweeps in this process, by their options."""
    folder = tmp_path_factory.mktemp("declared")

    def sweep(name, **options):
        out = folder / name
        if not out.exists():
            small = {"epochs": 1, "threads": 1, "jobs": 1, "out": out}
            found = resolve({**small, **options})
            data = {"checksums": found.checksums, "imported": found.imported}
            run_sweep(
                *(found.config, found.problem, RunDirectory(out), Observers()),
                **data,
                stop=lambda: False,
            )
        return out

    return sweep


def records(run):
    return [json.loads(file.read_text()) for file in sorted(run.glob("points/*.json"))]


def strange(run):
    """What in a run directory is not of its type; other settings than those declared may be."""
    sweep = json.loads((run / "sweep.json").read_text())
    for key, kind in (("config", Identity), ("runtime", Runtime)):
        own = sweep[key]  # what is missing and has to be there is a misfit
        sweep[key] = {name: own[name] for name in get_type_hints(kind) if name in own}
    lines = [line for file in run.glob("history/*.jsonl") for line in file.read_text().splitlines()]
    assert lines
    assert records(run)
    return [
        *misfits(sweep, SweepContent),
        *misfits(json.loads((run / "normalisation.json").read_text()), NormalisationNote),
        *(path for line in lines for path in misfits(json.loads(line), HistoryLine)),
        *(path for record in records(run) for path in misfits(record, PointRecord)),
    ]


def test_points_without_networks(swept):
    run = swept("analytic", **ANALYTIC)
    assert not strange(run)
    assert [record["status"] for record in records(run)] == ["done", "done"]


def test_sparse_points(swept):
    run = swept("sparse", **SPARSE)
    assert not strange(run)
    (record,) = records(run)
    assert record["layers"]
    assert {"sparsity", "compact_macs", "weights_sha256", "made_with"} <= record.keys()


def test_failed_points(swept):
    run = swept("failed", **DIVERGES)
    assert not strange(run)
    (record,) = records(run)
    assert record["status"] == "failed"


def test_teachers_and_the_taught(swept):
    teachers = swept("teachers", **SINGLE)
    taught = swept("taught", **TAUGHT, teachers=teachers)
    assert not strange(teachers)
    assert not strange(taught)


@pytest.mark.parametrize("run", RELEASED, ids=lambda run: run.name)
def test_what_older_versions_wrote(run):
    # Their machine had no number of threads.
    assert set(strange(run)) <= {"/machine/threads"}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"invented": 1}, "/invented"),
        ({"status": "begun"}, "/status"),
        ({"gap": "small"}, "/gap"),
        ({"made_with": {"invented": {}}}, "/made_with/invented"),
        ({"layers": [{"layer": "body"}]}, "/layers/0/role"),
        ({"loss": {"training": {}}}, "/loss/training"),
        ({"loss": {"train": {"f1": True}}}, "/loss/train/f1"),
    ],
)
def test_what_is_not_declared_would_be_found(swept, change, path):
    record = records(swept("analytic", **ANALYTIC))[0]
    assert path in list(misfits({**record, **change}, PointRecord))


def test_all_figures_of_a_layer_are_declared():
    figures = {entry.name for entry in dataclasses.fields(LayerFigures)}
    assert get_type_hints(LayerRecord).keys() == figures


class Shape(TypedDict):
    name: forms.Name
    sides: NotRequired[Annotated[int, forms.whole(3)]]
    colour: NotRequired[str]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"sides": 3}, "name is missing"),
        ({"name": ""}, "name is no name"),
        ({"name": "square", "sides": 2}, "sides is below 3"),
        ([], "it is no object"),
    ],
)
def test_a_form_is_read_from_the_declaration(value, reason):
    with pytest.raises(forms.FormError, match=f"^{reason}$"):
        forms.form_of(Shape)(value)


def test_fields_may_be_missing_or_without_a_form():
    forms.form_of(Shape)({"name": "square"})
    forms.form_of(Shape)({"name": "square", "colour": 7, "more": None})


def test_a_form_may_be_given_in_place_of_the_declared_one():
    forms.form_of(Shape, sides=forms.whole(1))({"name": "line", "sides": 1})
    with pytest.raises(AssertionError):
        forms.form_of(Shape, size=forms.text)

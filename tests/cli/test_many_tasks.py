"""A table of many labels, most of them missing in one column, through the real program."""

import json

import numpy as np
import pandas as pd
import pytest

from tests.pictures import DRAWN
from tests.program import paretocli

LABELS = [f"label{i}" for i in range(8)]


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A table and a sweep over it."""
    place = tmp_path_factory.mktemp("many")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 4))
    frame = pd.DataFrame(x, columns=list("abcd"))
    for i, name in enumerate(LABELS):
        label = (x[:, i % 2] + rng.normal(size=120) > 0) * 1.0
        # Of the last one, most batches have no label at all.
        label[rng.random(120) < (0.8 if name == LABELS[-1] else 0.1)] = np.nan
        frame[name] = label
    frame.to_csv(place / "t.csv", index=False)
    done = paretocli(
        *("sweep", "table:t.csv", "--targets", "label*", "--no-sparsity", "--out", "run"),
        *("--placement", "clusters", "--points", 3, "--epochs", 1, "--batch-size", 8),
        cwd=place,
        **DRAWN,
    )
    assert done.returncode == 0, done.stderr
    assert (place / "run" / "front.png").stat().st_size > 10_000
    return place, done


def test_all_figures_are_numbers(swept):
    place, done = swept
    table = pd.read_csv(place / "run" / "results.csv")
    assert (table["status"] == "done").all()
    for name in LABELS:
        assert np.isfinite(table[[f"loss_{name}_test", f"auroc_{name}_test"]]).all(axis=None)
    assert "Warning" not in done.stderr
    (line,) = [one for one in done.stderr.splitlines() if one.startswith("Further points lean")]
    groups = line.removesuffix(".").partition("to ")[2].split("; ")
    named = [set(group.split(", ")) for group in groups]
    assert len(named) == 2
    assert set.union(*named) == {*LABELS}
    leaning = table[[f"weight_{name}" for name in LABELS]].to_numpy()[1:]
    assert [{*np.array(LABELS)[row > 1 / 8]} for row in leaning] == named


def test_tables_show_means_in_80_columns(swept):
    place, done = swept
    front = paretocli("front", "run", cwd=place)
    chosen = paretocli("select", "run", "--minimize", "label0", cwd=place)
    for text in (done.stdout.partition("Results:")[0], front.stdout, chosen.stdout):
        assert "auroc" in text
        assert max(map(len, text.splitlines())) <= 80
    table = pd.read_csv(place / "run" / "results.csv")
    mean = table[[f"auroc_{name}_test" for name in LABELS]].mean(axis=1)
    assert f"{mean[0]:.4f}" in done.stdout


def test_a_plan_fits_too(swept):
    place, _ = swept
    done = paretocli(
        *("sweep", "table:t.csv", "--targets", "label*", "--no-sparsity", "--dry-run"),
        *("--placement", "around", "--lean", 3, "--out", "other"),
        cwd=place,
    )
    assert "    8  label7 0.3000; 0.1000 each of the others" in done.stdout
    assert f"{', '.join(LABELS)}, each: 2 classes" in done.stderr
    assert not (place / "other").exists()


def test_the_picture_is_a_heat_map(swept):
    place, _ = swept
    done = paretocli("plot-front", "run", "--json", "--out", "a.svg", cwd=place)
    assert len(json.loads(done.stdout)["columns"]) == 8
    assert "QuadMesh" in (place / "a.svg").read_text()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--targets", "label*", "--divisions", 30), "8 objectives makes 10,295,472 points"),
        (("--targets", "nothing*"), "--targets nothing* stands for no column of t.csv"),
        (("--targets", "label*", "--placement", "around", "--points", 4), "leave out --points"),
    ],
)
def test_wrong_input(swept, options, words):
    place, _ = swept
    done = paretocli("sweep", "table:t.csv", *options, "--no-sparsity", "--out", "none", cwd=place)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.strip().count("\n") == 0
    assert not (place / "none").exists()

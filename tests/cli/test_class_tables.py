"""Tables with classes through the real program."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from tests.program import in_process, paretocli

TARGETS = ("--targets", "grade,sold,price,visits")
SHORT = ("--points", 2, "--epochs", 2, "--no-sparsity", "--quiet")


def write_table(path, rows=120):
    rng = np.random.default_rng(0)
    x = rng.normal(size=rows)
    frame = pd.DataFrame({"x": x, "y": rng.normal(size=rows)})
    frame["town"] = rng.choice(["Ulm", "Bonn", "Jena"], size=rows)
    frame["who"] = [f"p{k // 3}" for k in range(rows)]
    frame["grade"] = np.digitize(x, [-0.5, 0.5]) + 3
    frame["sold"] = np.where(x + rng.normal(size=rows) > 0, "yes", "no")
    frame["price"] = 100 + 5 * x
    frame["visits"] = rng.poisson(np.exp(1 + 0.3 * x)) + 20 * (x > 2)
    frame.loc[::7, "sold"] = "?"
    frame.to_csv(path, index=False)


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A table and a sweep over it."""
    place = tmp_path_factory.mktemp("table")
    write_table(place / "t.csv")
    done = paretocli(
        *(
            "sweep",
            "table:t.csv",
            *TARGETS,
            "--task",
            "visits=count",
            "--class-weights",
            "balanced",
        ),
        *("--group", "who", "--stratify", "--embed", 2, *SHORT, "--out", "run"),
        cwd=place,
    )
    assert done.returncode == 0, done.stderr
    return place


@pytest.fixture
def copy(swept, tmp_path):
    """A copy to change."""
    return shutil.copytree(swept, tmp_path / "copy")


def test_metrics_follow_from_what_columns_hold(swept):
    table = pd.read_csv(swept / "run" / "results.csv")
    for name in ("grade", "sold"):
        for metric in ("accuracy", "balanced_accuracy", "auroc", "average_precision", "f1"):
            assert table[f"{metric}_{name}_test"].between(0, 1).all()
        assert (table[f"log_loss_{name}_val"] > 0).all()
        assert table[f"brier_{name}_val"].between(0, 2).all()
    assert {"rmse_price_test", "r2_price_test", "deviance_visits_test"} <= {*table.columns}
    config = json.loads((swept / "run" / "sweep.json").read_text())["config"]
    assert config["task"] == {"visits": "count"}
    assert config["class_weights"] == "balanced"
    assert config["group"] == "who"
    assert config["split"] is None
    assert config["embed"] == 2
    assert config["stratify"] is True


def test_the_plan_says_what_columns_were_taken_for(swept):
    done = paretocli("sweep", "table:t.csv", *TARGETS, "--dry-run", cwd=swept)
    said = " ".join(done.stderr.split())
    assert "grade: 3 classes, in this order: 3, 4, 5 (whole numbers: --task grade=number" in said
    assert "sold: 2 classes, in this order: no, yes; auroc, average_precision and f1" in said
    assert "price: a number, from" in said
    done = paretocli("sweep", "table:t.csv", *TARGETS, "--stratify", "--dry-run", cwd=swept)
    said = " ".join(done.stderr.split())
    assert (
        "split 60 : 20 : 20 at random, each class of grade, sold, visits in the same shares."
        in said
    )


def test_check_says_it_too(swept, monkeypatch, capfd, no_export_trial, no_costs_tried):
    check = ("check", "table:t.csv", *TARGETS, "--task", "grade=number")
    code, _, said = in_process(*check, cwd=swept, monkeypatch=monkeypatch, capfd=capfd)
    assert code == 0, said
    assert "grade: a number, from 3 to 5." in said
    assert "--task grade=number" in said.splitlines()[-1]


def test_the_sweep_goes_on_and_away(copy):
    done = paretocli("refine", "run", *("--between", "0,1", "--warm", "none", "--quiet"), cwd=copy)
    assert done.returncode == 0, done.stderr
    done = paretocli("export", "run", 1, "--format", "none", "--out", "small", cwd=copy)
    assert done.returncode == 0, done.stderr
    done = paretocli("select", "run", "--maximize", "auroc_sold", "--json", cwd=copy)
    assert done.returncode == 0, done.stderr


OLDER = ("sweep", "table:t.csv", "--targets", "grade,price", *SHORT)


def test_a_directory_from_before_there_were_classes_goes_on_with_numbers(copy):
    done = paretocli(*OLDER, "--task", "grade=number", "--out", "old", cwd=copy)
    assert done.returncode == 0, done.stderr
    file = copy / "old" / "sweep.json"
    content = json.loads(file.read_text())
    # What has no effect is said as in directories that lack it.
    assert content["config"]["task"] == {"*": "number"}
    for name in ("task", "class_weights", "split", "group", "stratify", "indicators", "embed"):
        del content["config"][name]
    file.write_text(json.dumps(content))
    kept = (copy / "old" / "points" / "0001.safetensors").read_bytes()
    for lost in (copy / "old" / "points").glob("0001.*"):
        lost.unlink()
    done = paretocli(*OLDER, "--out", "old", cwd=copy)
    assert done.returncode == 0, done.stderr
    assert (copy / "old" / "points" / "0001.safetensors").read_bytes() == kept
    done = paretocli("export", "old", 0, "--format", "none", "--out", "small", cwd=copy)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--task", "x=class"), "--task x=class is of no target of t.csv"),
        (("--task", "grade=colour"), "should be a column and one of class, number, count"),
        (("--task", "sold=number"), "in column sold, where numbers were expected"),
        (("--task", "price=count"), "in column price, where counts were expected"),
        (("--task", "price=class"), "different numbers in 120 rows, which are no classes"),
        (("--task", "*=number", "--class-weights", "balanced"), "in column sold, where numbers"),
        (("--group", "nobody"), "has no column 'nobody' for --group"),
        (("--split", "who"), "holds 'p0' in column who, where one of train, val, test"),
        (("--class-weights", "sqrt"), "--class-weights should be one of none, balanced"),
    ],
)
def test_what_cannot_be_is_refused(swept, more, message):
    done = paretocli("sweep", "table:t.csv", *TARGETS, *more, "--out", "wrong", cwd=swept)
    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())
    assert not (swept / "wrong").exists()


def test_options_of_tables_are_for_tables(tmp_path):
    done = paretocli("sweep", "vlmop2", "--task", "f1=number", "--out", "run", cwd=tmp_path)
    assert done.returncode == 2
    assert "--task says what a column of labels holds" in " ".join(done.stderr.split())
    done = paretocli("sweep", "multidigits", "--class-weights", "balanced", cwd=tmp_path)
    assert "and multidigits is made from none" in " ".join(done.stderr.split())

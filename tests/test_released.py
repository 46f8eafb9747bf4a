"""Run directories of every released version are read, compared, continued and taken away."""

import json
import re
import shutil
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import pytest

from tests.program import paretocli

CHANGELOG = Path(__file__).parent.parent / "CHANGELOG.md"
RELEASED = Path(__file__).parent / "released"
VLMOP2 = ("vlmop2", "--points", 5, "--epochs", 20)
SWEEP = {
    "0.1.0-vlmop2": VLMOP2,
    "0.1.0-multidigits": (
        *("multidigits", "--network", "hps", "--points", 3, "--epochs", 2, "--retrain-epochs", 1),
        *("--train-samples", 256),
    ),
    "0.2.0-vlmop2": (*VLMOP2, "--solver", "stch", "--smoothing", 0.2),
}
OPTIONS = ("--seed", 4, "--threads", 1, "--stack", 1, "--out", "run")
LOST = 1  # a point that is solved again


def test_every_release_has_its_directory():
    assert {path.name for path in RELEASED.iterdir()} == set(SWEEP)
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", CHANGELOG.read_text(), re.MULTILINE)
    assert set(released) <= {name.partition("-")[0] for name in SWEEP}


@pytest.fixture(params=SWEEP)
def release(request, tmp_path):
    shutil.copytree(RELEASED / request.param, tmp_path / "run")
    return request.param


def test_it_is_read(release, tmp_path):
    for command in (
        ("status", "run"),
        ("front", "run"),
        ("select", "run", "--knee"),
        ("plot-front", "run", "--out", "front.png"),
        ("plot-front", "run", "--history", "--out", "history.png"),
    ):
        done = paretocli(*command, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "left out" not in done.stderr
    status = json.loads(paretocli("status", "run", "--json", cwd=tmp_path).stdout)
    assert status["done"] == len(list((RELEASED / release / "points").glob("*.json")))


def test_a_network_is_taken_away(tmp_path):
    shutil.copytree(RELEASED / "0.1.0-multidigits", tmp_path / "run")
    done = paretocli("export", "run", 2, "--out", "small", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "small" / "network.py").is_file()


def test_the_same_command_goes_on_and_finds_the_same(release, tmp_path):
    run = tmp_path / "run"
    before = {file.name: file.read_bytes() for file in (run / "points").iterdir()}
    lost = json.loads(before[f"000{LOST}.json"])
    for name in (f"points/000{LOST}.json", f"points/000{LOST}.safetensors"):
        (run / name).unlink()
    (run / "history" / f"000{LOST}-000{LOST}.jsonl").unlink()
    done = paretocli("sweep", *SWEEP[release], *OPTIONS, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    # A default that has changed since is what it was.
    assert ("with --sparsity-of own, as it was begun there" in done.stderr) == (
        release == "0.1.0-multidigits"
    )
    after = {file.name: file.read_bytes() for file in (run / "points").iterdir()}
    assert after.keys() == before.keys()
    for name in before.keys() - {f"000{LOST}.json", f"000{LOST}.safetensors"}:
        assert name.endswith(".json") or after[name] == before[name]
    again = json.loads(after[f"000{LOST}.json"])
    # Another processor rounds otherwise: on the one that made it, all digits are the same.
    for split, losses in lost["loss"].items():
        assert again["loss"][split] == pytest.approx(losses, rel=1e-3)
    assert again["made_with"]["versions"]["torch"] == version("torch")
    assert again["made_with"]["machine"]["threads"] == 1
    assert len(pd.read_csv(run / "results.csv")) == len(before) / 2


def test_points_are_added(release, tmp_path):
    before = len(list((tmp_path / "run" / "points").glob("*.json")))
    done = paretocli("refine", "run", "--between", "0,1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(pd.read_csv(tmp_path / "run" / "results.csv")) == before + 1


def test_they_are_compared_with_each_other(tmp_path):
    names = ("0.1.0-vlmop2", "0.2.0-vlmop2")
    for release in names:
        shutil.copytree(RELEASED / release, tmp_path / release)
    done = paretocli("compare", *names, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    methods = [method["name"] for method in json.loads(done.stdout)["methods"]]
    assert methods == ["chebyshev", "stch, smoothing 0.2"]


def test_a_newer_format_is_named_as_such(tmp_path):
    shutil.copytree(RELEASED / "0.2.0-vlmop2", tmp_path / "run")
    file = tmp_path / "run" / "sweep.json"
    content = json.loads(file.read_text())
    file.write_text(json.dumps(content | {"format": 7}))
    for command in (("status", "run"), ("sweep", *SWEEP["0.2.0-vlmop2"], *OPTIONS)):
        done = paretocli(*command, cwd=tmp_path)
        assert done.returncode == 2
        assert "format is 7, of a newer version of the program" in " ".join(done.stderr.split())

"""Threads and stack that nobody has said are those that a directory was begun with."""

import dataclasses
import json

import pytest

from paretocli.planning import plan as plan_module
from paretocli.planning.begun import as_begun
from paretocli.sweeping.resolve import resolve

SWEEP = {"problem": "vlmop2", "points": 5, "device": "cpu"}


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plan_module, "available_threads", lambda: 4)


def begun(path, **changes):
    """A directory in which the sweep was begun, otherwise divided."""
    identity = resolve(SWEEP).config.of_kind("identity") | changes
    path.mkdir(parents=True)
    content = {"format": 1, "config": identity, "data": {}}
    (path / "sweep.json").write_text(json.dumps(content))


def test_a_new_sweep_follows_the_machine():
    found = resolve(SWEEP)
    assert (found.config.threads, found.config.stack, found.config.jobs) == (1, 5, 1)
    assert found.notes == ()


def test_a_directory_that_is_named_says_what_is_not(tmp_path):
    begun(tmp_path / "run", threads=2, stack=3)
    found = resolve(SWEEP | {"out": str(tmp_path / "run")})
    assert (found.config.threads, found.config.stack, found.config.jobs) == (2, 3, 2)
    (note,) = found.notes
    assert note.endswith("with --threads 2 and --stack 3, as it was begun there.")
    again = resolve(SWEEP | {"out": str(tmp_path / "run"), "threads": 2, "stack": 3})
    assert dataclasses.replace(again.config, jobs=2) == found.config
    assert again.notes == ()


def test_what_is_said_stays(tmp_path):
    begun(tmp_path / "run", threads=2, stack=3)
    found = resolve(SWEEP | {"out": str(tmp_path / "run"), "threads": 1})
    # It is refused later, for the directory holds another sweep.
    assert (found.config.threads, found.config.stack, found.notes) == (1, 5, ())
    assert resolve(SWEEP | {"out": str(tmp_path / "run"), "jobs": 1}).config.jobs == 1


def test_a_sweep_stays_on_the_cpu_where_a_gpu_has_come_since(tmp_path):
    begun(tmp_path / "run", threads=2, stack=3)
    met = dataclasses.replace(resolve(SWEEP).config, device="cuda", out=tmp_path / "run")
    found, (note,) = as_begun(met, {"problem", "points"})
    assert (found.device, found.threads, found.stack) == ("cpu", 2, 3)
    assert note.endswith("with --threads 2, --stack 3 and --device cpu, as it was begun there.")
    assert as_begun(met, {"problem", "points", "device"}) == (met, [])
    # There is no GPU to go on with: the directory is refused later.
    begun(tmp_path / "other", device="cuda")
    here = dataclasses.replace(resolve(SWEEP).config, out=tmp_path / "other")
    assert as_begun(here, {"problem", "points"}) == (here, [])


def test_without_a_name_the_directory_of_an_earlier_default_is_found(tmp_path):
    own = resolve(SWEEP).config.out
    begun(tmp_path / "runs" / "vlmop2-chebyshev-sweep-00000000", threads=2)
    begun(tmp_path / "runs" / "vlmop2-chebyshev-sweep-11111111", lr=0.5)
    found = resolve(SWEEP)
    assert str(found.config.out) == "runs/vlmop2-chebyshev-sweep-00000000"
    assert found.config.threads == 2
    # One that is divided as the machine says comes first.
    begun(tmp_path / own, threads=1)
    assert (resolve(SWEEP).config.out, resolve(SWEEP).notes) == (own, ())


@pytest.mark.parametrize("changes", [{"lr": 0.5}, {"threads": 0}, {"threads": "2"}, {"stack": 2.0}])
def test_another_sweep_and_damaged_ones_are_left_alone(tmp_path, changes):
    begun(tmp_path / "run", **changes)
    found = resolve(SWEEP | {"out": str(tmp_path / "run")})
    assert (found.config.threads, found.config.stack, found.notes) == (1, 5, ())


# How often the test split is measured


def test_what_an_older_version_measured_after_every_epoch_goes_on_so(tmp_path):
    assert resolve(SWEEP).config.evaluate_every == 0  # one sample of each split
    for path in (tmp_path / "run", resolve(SWEEP).config.out):
        begun(path)
        file = path / "sweep.json"
        content = json.loads(file.read_text())
        del content["config"]["evaluate_every"]
        file.write_text(json.dumps(content))
    named = resolve(SWEEP | {"out": str(tmp_path / "run")})
    assert named.config.evaluate_every == 1
    assert named.notes == ()
    unnamed = resolve(SWEEP)
    assert unnamed.config.evaluate_every == 1
    assert unnamed.config.out == resolve(SWEEP | {"evaluate_every": 0}).config.out
    (note,) = unnamed.notes
    assert note.endswith("--evaluate-every 1, as it was begun there.")
    # Who says how often it is means another sweep, which is refused later.
    assert resolve(SWEEP | {"evaluate_every": 3}).config.evaluate_every == 3

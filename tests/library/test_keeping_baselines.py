"""Keeping a sweep's baselines, where that goes wrong."""

from types import SimpleNamespace

import pytest

from paretocli.baselines.learned import Learned
from paretocli.library.keeping_baselines import keep_baselines
from paretocli.run_directory.baselines import read_baselines
from paretocli.sweeping.store import RunDirectory
from tests.runs import write_run

FIGURES = [{"name": "constant", "figures": {"loss_f1_val": 0.5}}]


@pytest.fixture
def run(tmp_path):
    return RunDirectory(write_run(tmp_path / "run", [[0.2, 0.8]]))


def kept(run, monkeypatch, found, status="done", **options):
    """The sentences that are said, and how often baselines were worked out."""
    said, asked = [], []

    def work_out(problem):
        asked.append(problem)
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr("paretocli.baselines.learned.baselines_of", work_out)
    config = SimpleNamespace(**{"baselines": True, "threads": 1, "jobs": 1, **options})
    resolved = SimpleNamespace(config=config, problem=None)
    keep_baselines(resolved, run, [{"status": status}], said.append)
    return said, len(asked)


def test_they_are_worked_out_once(run, monkeypatch):
    assert kept(run, monkeypatch, Learned(FIGURES)) == ([], 1)
    sweep = run.sweep()
    assert read_baselines(sweep.path, sweep.checksums)["baselines"] == FIGURES
    assert kept(run, monkeypatch, Learned(FIGURES)) == ([], 0)


@pytest.mark.parametrize("error", [ValueError("no\nway"), MemoryError("no\x1b[2J"), OSError("no")])
def test_what_goes_wrong_is_said_and_nothing_written(run, monkeypatch, error):
    said, _ = kept(run, monkeypatch, error)
    assert len(said) == 1
    assert said[0].startswith(f"No baselines were worked out: {type(error).__name__} (no")
    assert "\x1b" not in said[0]
    assert not (run.path / "baselines.json").exists()


def test_where_there_is_nothing_to_beat_none_are(run, monkeypatch):
    assert kept(run, monkeypatch, Learned(FIGURES), status="failed") == ([], 0)
    assert kept(run, monkeypatch, Learned(FIGURES), baselines=False) == ([], 0)
    assert kept(run, monkeypatch, Learned()) == ([], 1)
    assert not (run.path / "baselines.json").exists()

"""Sweeps in rounds: points that start from solved ones, and points that are added."""

import json
import shutil
from itertools import pairwise

import numpy as np
import pytest
import torch
from safetensors.torch import load

import paretocli
from paretocli.errors import InputError
from paretocli.front.history import read_history
from paretocli.front.sweeps import read_sweep
from paretocli.library.refining import refine, reopen, told
from paretocli.options.warm import warm_start
from paretocli.planning.plan import Shard
from paretocli.planning.refinement import Request
from paretocli.planning.rounds import first_round, path_rounds
from paretocli.run_directory.sweep_file import read_sweep_file
from paretocli.sweeping.jobs import Job
from paretocli.sweeping.normalisation import Normalisation, without_scale
from paretocli.sweeping.resolve import resolve
from paretocli.sweeping.run import run_sweep
from paretocli.sweeping.solve import PointDone, solve
from paretocli.sweeping.starts import Start
from paretocli.sweeping.store import RunDirectory
from paretocli.sweeping.subproblems import Subproblems
from paretocli.sweeping.trainers import trainer_of
from tests.sweeping.test_parallel import untimed

# Rows become zero in the search and are tied after it.
SPARSE = {
    "problem": "multidigits",
    "network": "hps",
    "weights": ["1,2,2", "2,2,2", "6,2,2", "1,3,1"],
    "train_samples": 512,
    "epochs": 4,
    "retrain_epochs": 2,
    "share_similarity": 0.15,
    "warm": "path",
    "warm_epochs": 2,
    "threads": 1,
    "jobs": 1,
    "device": "cpu",
    "checkpoint_every": 0.0,
}
VLMOP2 = {"problem": "vlmop2", "points": 3, "epochs": 4, "train_samples": 20}


class Stops:
    """Asks to stop after so many epochs."""

    def __init__(self, epochs):
        self.left = epochs

    def __call__(self):
        return self.left <= 0

    def epoch_finished(self, points, lines, hypervolume):
        self.left -= 1

    def __getattr__(self, name):
        return lambda *args: None


def run(options, path, stop=None, further=None):
    """Carry a sweep out in a directory, or until it is stopped."""
    found = resolve({**options, "out": str(path / "run")})
    stop = stop or Stops(10**6)
    return run_sweep(
        found.config,
        found.problem,
        RunDirectory(found.config.out),
        stop,
        checksums=found.checksums,
        stop=stop,
        further=further,
    )


def contents(path):
    """All networks and search's ends of a sweep, and its records but for times."""
    files = sorted((path / "run").glob("*/*.safetensors"))
    return [file.read_bytes() for file in files], untimed(path)


@pytest.fixture(scope="module")
def along_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("path")
    return path, run(SPARSE, path)


def test_a_path_leads_from_dense_to_sparse(along_path):
    _, records = along_path
    assert [record["round"] for record in records] == [0, 1, 2, 1]
    assert [record["parent"] for record in records] == [None, 0, 1, 0]
    # Half of the search's four epochs, and one of the two after it.
    assert [record["epochs"] for record in records] == [6, 3, 3, 3]


def test_a_warm_point_begins_where_the_search_of_its_parent_ended(along_path):
    """With a learning rate of next to nothing it stays there, multipliers and all."""
    path, records = along_path
    found = resolve({**SPARSE, "lr": 1e-12, "retrain_epochs": 0, "out": str(path / "run")})
    directory, one = RunDirectory(path / "run"), path_rounds(found.config)[0]
    known = directory.normalisation()
    normalisation = Normalisation(*(tuple(known[name]) for name in ("ideal", "scale", "worst")))
    subproblems = Subproblems(found.config, found.problem, normalisation, later=(one,))
    start = Start(0, tuple(records[0]["weights"]), directory.network(0), directory.search_end(0))
    job = Job(Shard("shard", (1,)), starts=(start,))
    (done,) = [m for m in solve(subproblems, job, 0, lambda: False) if isinstance(m, PointDone)]
    kept, tied = load(start.search), load(start.network)
    for name, tensor in load(done.network).items():
        torch.testing.assert_close(tensor, kept[f"network.{name}"], rtol=0, atol=1e-6)
    # Tying had changed them: it says something that these are not the point's own.
    assert any(not torch.equal(tied[name], kept[f"network.{name}"]) for name in tied)
    assert kept["solver.current_multipliers"].sum() == pytest.approx(1)
    assert done.record["parent"] == 0


def test_multipliers_are_taken_along_and_running_means_fitted(along_path):
    path, records = along_path
    found = resolve({**SPARSE, "out": str(path / "run")})
    directory = RunDirectory(path / "run")
    start = Start(0, tuple(records[0]["weights"]), directory.network(0), directory.search_end(0))
    subproblems = Subproblems(found.config, found.problem, without_scale(found.config))
    cold, warm = (trainer_of(subproblems, (1,), starts) for starts in ((), (start,)))
    kept = load(start.search)
    assert torch.equal(
        warm.solver.state_dict()["current_multipliers"][0], kept["solver.current_multipliers"]
    )
    ratio = torch.tensor(found.config.weights[1]) / torch.tensor(found.config.weights[0])
    torch.testing.assert_close(
        warm.solver.state_dict()["mean_terms"][0], kept["solver.mean_terms"] * ratio
    )
    assert not cold.solver.state_dict()["mean_terms"].any()


def test_stopped_again_and_again_it_is_the_same(along_path, tmp_path):
    """In the search, at its end, in what follows it, and between two rounds."""
    for _ in range(40):
        stop = Stops(2)
        records = run(SPARSE, tmp_path, stop)
        if not stop():
            break
    assert len(records) == 4
    assert contents(tmp_path) == contents(along_path[0])


def test_a_parent_that_failed_is_stood_in_for_by_its_own(along_path, tmp_path):
    shutil.copytree(along_path[0] / "run", tmp_path / "run")
    points = tmp_path / "run" / "points"
    record = json.loads((points / "0001.json").read_text())
    kept = ("point", "weights", "epochs", "seconds", "round", "parent")
    failed = {name: record[name] for name in kept} | {"status": "failed", "error": "it diverged"}
    (points / "0001.json").write_text(json.dumps(failed))
    (points / "0002.json").unlink()
    assert run(SPARSE, tmp_path)[2]["parent"] == 0


def refined(path, request, *, warm="nearest"):
    found = reopen(path, None, lambda file: False, {"data_dir": ".", "jobs": 1})
    return refine(found, request, warm_start(warm, 2), quiet=True)


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    path = tmp_path_factory.mktemp("solved") / "run"
    paretocli.sweep(**VLMOP2, out=path, progress=False)
    return path


@pytest.fixture
def again(solved, tmp_path):
    return shutil.copytree(solved, tmp_path / "run")


def test_points_between_two_others(again):
    before = {f.name: f.read_bytes() for f in (again / "points").iterdir()}
    records = refined(again, Request(between=(0, 1), points=2))
    assert [record["parent"] for record in records] == [None, None, None, 0, 1]
    first, last = records[0]["weights"], records[1]["weights"]
    way = (records[0], *records[3:], records[1])
    ratio = [record["weights"][0] / record["weights"][1] for record in way]
    factors = [b / a for a, b in pairwise(ratio)]
    assert factors == pytest.approx([factors[0]] * 3)
    assert first[0] < records[3]["weights"][0] < records[4]["weights"][0] < last[0]
    assert {name: (again / "points" / name).read_bytes() for name in before} == before
    assert len(paretocli.load_run(again).results) == 5
    status = paretocli.load_run(again).status()
    assert status.epochs_in_all == status.epochs_done == 3 * 4 + 2 * 2


def test_the_sweeps_own_command_still_goes_on(again):
    refined(again, Request(around=1, points=1))
    found = paretocli.sweep(**VLMOP2, out=again, progress=False)
    assert len(found.results) == 4


def test_further_weights_are_added_by_the_sweep(again):
    options = {k: v for k, v in VLMOP2.items() if k != "points"}
    found = paretocli.sweep(**options, weights=[[0.3, 0.7]], out=again, progress=False)
    assert len(found.results) == 4
    assert found.results["weight_f1"].iloc[3] == pytest.approx(0.3)
    assert found.results["epochs"].tolist() == [4] * 4
    again_found = paretocli.sweep(**options, weights=[[0.3, 0.7]], out=again, progress=False)
    assert len(again_found.results) == 4
    finer = paretocli.sweep(**{**VLMOP2, "points": 5}, out=again, progress=False)
    assert len(finer.results) == 6


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (Request(), "needs to know which points"),
        (Request(between=(0, 9)), "names point 9"),
        (Request(between=(1, 1)), "names one point twice"),
        (Request(around=7), "names point 7"),
        (Request(around=0, points=5), "finds 2 neighbours"),
        (Request(weights=((0.5, 0.5),)), "are those of point 1"),
        (Request(weights=((0.3, 0.7), (0.3, 0.7))), "asked for twice"),
        (Request(weights=((0.3, 0.7),), points=2), "--points goes with"),
        (Request(between=(0, 1), around=1), "in two ways"),
        (Request(between=(0, 1), points=0), "at least 1"),
    ],
)
def test_wrong_requests_are_refused_and_nothing_is_written(again, request_, words):
    before = sorted(again.rglob("*"))
    with pytest.raises(InputError, match=words):
        refined(again, request_)
    assert sorted(again.rglob("*")) == before


def test_the_same_request_goes_on_where_it_was_stopped(again):
    request = Request(between=(0, 1), points=1)
    refined(again, request)
    whole = (again / "points" / "0003.safetensors").read_bytes()
    # As if it had been killed: once before the point was there, once before anybody was told.
    assert len(refined(again, request)) == 4
    (again / "points" / "0003.json").unlink()
    records = refined(again, request)
    assert len(records) == 4
    assert (again / "points" / "0003.safetensors").read_bytes() == whole
    assert len(list((again / "rounds").iterdir())) == 1
    told(again)
    with pytest.raises(InputError, match="are those of point 3"):
        refined(again, request)


def test_a_round_that_is_not_finished_is_no_finished_sweep(again):
    refined(again, Request(between=(0, 1)))
    assert len(read_sweep(again).results.frame) == 4
    (again / "points" / "0003.json").unlink()
    paretocli.sweep(**VLMOP2, out=again, progress=False)
    assert len(read_sweep(again).results.frame) == 4
    round_ = json.loads((again / "rounds" / "0001.json").read_text())
    later = {**round_, "points": [4], "weights": [[0.3, 0.7]], "parents": [None]}
    (again / "rounds" / "0002.json").write_text(json.dumps(later))
    with pytest.raises(InputError, match="is not finished: 1 of 5 points"):
        read_sweep(again)


def test_the_history_goes_on_from_round_to_round(again):
    refined(again, Request(between=(0, 1)))
    found = read_history(again)
    losses = found.losses["val"]
    assert losses.shape == (6, 4, 2)  # four epochs, then two of the new point
    assert np.isnan(losses[:4, 3]).all()
    assert np.isfinite(losses[4:, 3]).all()
    assert (losses[4:, :3] == losses[3, :3]).all()
    assert found.subproblem_epochs.tolist() == [3, 6, 9, 12, 13, 14]
    record = json.loads((again / "points" / "0000.json").read_text())
    kept = ("point", "weights", "epochs", "seconds")
    failed = {name: record[name] for name in kept} | {"status": "failed"}
    (again / "points" / "0000.json").write_text(json.dumps(failed))
    # Who has failed is not carried on as if it had reached something.
    assert np.isnan(read_history(again).losses["val"][4:, 0]).all()


def test_a_solver_with_points_of_its_own_gets_no_others(tmp_path):
    options = {"problem": "vlmop2", "solver": "single", "epochs": 1, "train_samples": 10}
    paretocli.sweep(**options, out=tmp_path / "run", progress=False)
    with pytest.raises(InputError, match="has points of its own"):
        refined(tmp_path / "run", Request(weights=((0.3, 0.7),)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"points": [3, 4]}, "does not name the weights"),
        ({"points": [5]}, "does not number its points"),
        ({"weights": [[0.1, 0.2, 0.7]]}, "a weight for each objective"),
        ({"parents": [8]}, "starts from points that are not there"),
        ({"epochs": 0}, "does not say for how many epochs"),
    ],
)
def test_a_rounds_file_that_does_not_fit(again, change, words):
    refined(again, Request(between=(0, 1)))
    file = again / "rounds" / "0001.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    with pytest.raises(InputError, match=words):
        read_sweep_file(again)


def test_a_search_end_that_is_damaged_is_made_again(again):
    kept = again / "searches" / "0001.safetensors"
    whole = kept.read_bytes()
    kept.write_bytes(b"nothing")
    paretocli.sweep(**VLMOP2, out=again, progress=False)
    assert kept.read_bytes() == whole


def test_all_points_of_a_configuration_without_rounds_are_in_the_first(tmp_path):
    config = resolve({**VLMOP2, "out": str(tmp_path)}).config
    assert first_round(config, ()).points == (0, 1, 2)

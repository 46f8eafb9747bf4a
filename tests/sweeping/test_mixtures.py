"""Sweeps whose points are mixtures of a few networks."""

import pytest
import torch
from safetensors.torch import load_file

from paretocli.errors import InputError, RunError
from paretocli.networks.building import build_network
from paretocli.population.conditioned import ConditionedEnds
from paretocli.solvers.pulled import Pulled
from paretocli.sweeping.manifold import mixes_to_the_end
from paretocli.sweeping.memory import _small_subproblems
from paretocli.sweeping.normalisation import without_scale
from paretocli.sweeping.resolve import resolve
from paretocli.sweeping.subproblems import Subproblems
from paretocli.sweeping.trainers import trainer_of
from paretocli.training.manifold import ManifoldTrainer
from tests.second_device import NAME, offer
from tests.sweeping.test_at_once import Told, full_with, refuse_others, swept
from tests.sweeping.test_parallel import untimed
from tests.toys import pictures, quadratics, vectors

PLAIN = {"transfer": "manifold", "sparsity": False, "points": 3, "epochs": 3}
THEN_ALONE = {"manifold_until": 0.5, "ema": 0.9}


def found(problem=None, **options):
    options = {k: v for k, v in (PLAIN | options).items() if v is not None}
    return resolve({**options, "threads": 1}, made=problem or vectors())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sparsity": True}, "none has zero rows of its own; add --no-sparsity"),
        ({"solver": "single", "points": None}, "--solver single asks for networks by themselves"),
        ({"batches": "independent"}, "leave out --batches independent"),
        ({"devices": 2}, "--devices 2 asks for several"),
        ({"precision": "fp16"}, "choose --precision bf16 or fp32"),
        ({"at_once": 2}, "2 of 3 at a time are on the device"),
        ({"stack": 2}, "--stack 2 would keep apart"),
        ({"rank": -1}, "--rank should be at least 0"),
        ({"manifold_draws": 0}, "--manifold-draws should be at least 1"),
        ({"manifold_until": 0.0}, "--manifold-until should be above 0 and at most 1"),
    ],
)
def test_what_mixtures_cannot_be_trained_with(options, message):
    with pytest.raises(InputError, match=message):
        found(**options)


def test_one_point_alone_is_no_mixture():
    one = found(weights=["0.5,0.5"], precision="fp16", at_once=2)
    assert any("which has nobody to learn from" in note for note in one.notes)


def test_until_when_they_are_mixtures():
    assert mixes_to_the_end(found().config)
    assert not mixes_to_the_end(found(manifold_until=0.9).config)
    assert not mixes_to_the_end(found(transfer="split").config)


def test_the_trainer_of_a_sweep():
    config = found(epochs=10, manifold_draws=3, manifold_until=0.75, patience=2).config
    trainer = trainer_of(Subproblems(config, vectors(), without_scale(config)), range(3))
    assert isinstance(trainer, ManifoldTrainer)
    assert trainer.mixing.ends.copies.size == 2
    assert trainer.mixing.draws.size == 3
    assert trainer.until == 8
    assert trainer.settings.patience == 0
    alone = trainer_of(Subproblems(config, vectors(), without_scale(config)), [1])
    assert not isinstance(alone, ManifoldTrainer)


def test_a_sweep_that_is_stopped_after_each_epoch_leaves_the_same(tmp_path):
    options = PLAIN | THEN_ALONE
    swept(tmp_path / "whole" / "run", pictures(), **options)
    for _ in range(4):
        swept(tmp_path / "parts" / "run", pictures(), Told(1), **options)
    whole, parts = untimed(tmp_path / "whole"), untimed(tmp_path / "parts")
    assert whole.keys() == parts.keys()
    assert whole["sweep.json"].pop("out", None) is None
    assert {n: c for n, c in whole.items() if n != "sweep.json"} == {
        n: c for n, c in parts.items() if n != "sweep.json"
    }
    lines = next(content for name, content in whole.items() if name.endswith(".jsonl"))
    assert [line["subproblem_epochs"] for line in lines if line["point"] == 0] == [2, 4, 7]


def test_on_another_device_it_is_the_same(tmp_path, monkeypatch):
    offer(monkeypatch.setattr)
    options = PLAIN | THEN_ALONE
    problem = pictures(dropout=0.0, sizes=(16, 8, 8))
    here = swept(tmp_path / "here", problem, **options)
    refuse_others(swept(tmp_path / "there", problem, device=NAME, **options), here)


def test_points_that_do_not_fit_on_the_device_together_are_refused(tmp_path, monkeypatch):
    full_with(monkeypatch, 1, after=2)
    with pytest.raises(RunError, match="out of memory"):
        swept(tmp_path / "run", vectors(), **PLAIN)


def test_how_many_parameters_a_front_of_a_low_rank_has():
    notes = found(rank=1).notes
    # Matrices (40, 6), (3, 40) and two of (3, 3), among 467 parameters.
    assert any("trained as 669 parameters, 1.43 times those of one network" in n for n in notes)
    assert not any("parameters" in note for note in found().notes)


@pytest.mark.parametrize(("until", "tried"), [(1.0, "manifold"), (0.9, "none")])
def test_the_memory_is_that_of_mixtures_where_no_point_goes_on_by_itself(until, tried):
    config = found(manifold_until=until).config
    assert _small_subproblems(config, vectors(), 2).config.transfer == tried


# One network that reads the weights


def test_cosmos_makes_ordinary_points_that_differ_by_what_reads_the_weights(tmp_path):
    options = PLAIN | {"transfer": "cosmos", "weights": ["0.2,0.8", "0.9,0.1"], "points": None}
    swept(tmp_path / "run", vectors(), **options)
    one, other = (
        load_file(tmp_path / "run" / "points" / f"000{point}.safetensors") for point in range(2)
    )
    network = build_network("wide", vectors(), 0)
    network.load_state_dict(one)
    differing = {name for name, tensor in one.items() if not torch.equal(tensor, other[name])}
    assert differing == {"body.1.bias"}  # what batch norm remembers is of the same first layer


@pytest.mark.parametrize(
    ("problem", "options", "message"),
    [
        (vectors, {"sparsity": True}, "cosmos makes all points of the same few networks, so none"),
        (vectors, {"precision": "fp16"}, "choose --precision bf16 or fp32"),
        (vectors, {"solver": "single", "points": None}, "--solver single asks for networks by"),
        (vectors, {"cosmos_pull": -1.0}, "--cosmos-pull should be at least 0"),
        (vectors, {"dirichlet": 0.0}, "--dirichlet should be positive"),
        (
            lambda: quadratics([[0.0], [1.0]], [3.0]),
            {},
            "the network variable of problem quadratics has none that is trained",
        ),
        (vectors, {"lr_of": ["body.1.*=0"]}, "has none that is trained"),
    ],
)
def test_what_cosmos_cannot_be_trained_with(problem, options, message):
    with pytest.raises(InputError, match=message):
        found(problem(), transfer="cosmos", **options)


def test_how_many_parameters_a_front_of_cosmos_has():
    notes = found(transfer="cosmos", cosmos_pull=0.0).notes
    # 40 numbers for each of two weights, beside 467 parameters.
    assert any("trained as 547 parameters, 1.17 times those of one network" in n for n in notes)


def test_the_trainer_of_cosmos_is_told_what_it_was_told():
    given = {"dirichlet": 0.5, "cosmos_pull": 0.3, "manifold_draws": 1}
    config = found(transfer="cosmos", **given).config
    trainer = trainer_of(Subproblems(config, vectors(), without_scale(config)), range(3))
    assert isinstance(trainer, ManifoldTrainer)
    assert isinstance(trainer.mixing.ends, ConditionedEnds)
    assert trainer.mixing.draws.size == 1
    solver = trainer.mixing._solver(trainer.solver.scalarization)
    assert isinstance(solver, Pulled)
    objectives = torch.tensor([[1.0, 3.0]] * 3)
    plain = trainer.solver.loss(objectives)
    rays = 1 / torch.tensor(config.weights).clamp(min=1e-6)
    along = torch.nn.functional.cosine_similarity(objectives, rays)
    torch.testing.assert_close(solver.loss(objectives), plain - 0.3 * along)

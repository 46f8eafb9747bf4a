"""Training in numbers of 16 bits: fp16 with scaled losses beside bf16 and fp32."""

import dataclasses

import pytest
import torch
from torch.optim import Adafactor

from paretocli.errors import InputError
from paretocli.sweeping.records import _failure
from paretocli.sweeping.resolve import resolve
from paretocli.training import scaling
from tests.toys import growl_of, make_trainer, pictures, solve, vectors
from tests.training.test_joint_training import branching
from tests.training.test_trainer import assert_same, saved_and_loaded, train

HALF = torch.float16
WEIGHTS = [[0.3, 0.7], [0.6, 0.4]]
SPARSE = [[0.3, 0.3, 0.4], [0.5, 0.2, 0.3]]


def multiplied(problem, factor):
    """The same problem, all losses times a number."""

    def of(task):
        return dataclasses.replace(task, loss=lambda *given: factor * task.loss(*given))

    return dataclasses.replace(problem, tasks=[of(task) for task in problem.tasks])


def dense(problem=None, weights=WEIGHTS, **settings):
    known = {"epochs": 12, "lr": 0.01, "autocast": HALF}
    return make_trainer(problem or vectors(), weights, **known | settings)


def sparse(weights=SPARSE, **settings):
    problem = vectors()
    known = {"epochs": 6, "retrain_epochs": 2, "retrain_lr": 0.05, "share_similarity": 0.9}
    known |= {"lr": 0.1, "autocast": HALF}
    return make_trainer(problem, weights, sparsity=growl_of(problem), **known | settings)


LARGE = {"problem": vectors(sizes=(512, 128, 128)), "batch_size": 32, "epochs": 8, "lr": 0.01}


@pytest.mark.parametrize(
    ("make", "given"), [(dense, LARGE), (sparse, {"lr": 0.01})], ids=["dense", "sparse"]
)
def test_final_losses_are_those_of_single_precision(make, given):
    """At a learning rate at which trainings do not part by themselves."""
    kinds = (None, torch.float16, torch.bfloat16)
    expected, *found = (solve(make(autocast=kind, **given)).figures["train"][0] for kind in kinds)
    for losses in found:
        torch.testing.assert_close(losses, expected, rtol=0.02, atol=0)
        assert not torch.equal(losses, expected)


@pytest.mark.parametrize("micro_batch", [0, 3])
def test_gradients_that_would_vanish_do_not(micro_batch, monkeypatch):
    tiny = multiplied(vectors(), 1e-7)
    given = {"micro_batch": micro_batch, "optimizer": "sgd", "lr": 2e5, "epochs": 2}
    expected = solve(dense(tiny, autocast=None, **given)).tensors
    found = solve(dense(tiny, **given)).tensors
    for name, tensor in expected.items():
        torch.testing.assert_close(found[name], tensor, rtol=0.05, atol=0.02)
    monkeypatch.setattr(scaling, "FIRST", 1.0)
    without = dense(tiny, **given)
    first = without.population.parameters["body.4.weight"].detach().clone()
    train(without, 2)
    assert torch.equal(without.population.parameters["body.4.weight"], first)


@pytest.mark.parametrize("hook", [None, Adafactor])
@pytest.mark.parametrize("make", [dense, sparse])
def test_a_point_that_overflows_skips_its_step_and_no_other_does(make, hook):
    both, without = make(hook=hook), make(hook=hook)
    start = {name: t.clone() for name, t in both.population.state_dict().items()}
    both.gradients.scaling.scale[1] = 2.0**60
    batch = both.splits["train"].rows(slice(8))
    for _ in range(2):
        for trainer in (both, without):
            trainer.population.train()
            torch.manual_seed(0)
            trainer.gradients.of(batch, trainer.descent)
            trainer.descent.step(0.01, trainer.gradients.skipped)
        # Half of it, and no more than the largest one.
        assert both.gradients.scaling.scale.tolist() == [2.0**16, 2.0**24]
        assert both.gradients.scaling.skipped.tolist() == [False, True]
        both.gradients.scaling.scale[1] = 2.0**60
    for name, parameter in both.population.parameters.items():
        assert torch.equal(parameter[1], start[name][1])
        assert not torch.equal(parameter[0], start[name][0])
        assert torch.equal(parameter[0], without.population.parameters[name][0])
    both.gradients.scaling.scale[1] = 2.0**16
    both.gradients.of(batch, both.descent)
    both.descent.step(0.01, both.gradients.skipped)
    assert not both.gradients.scaling.skipped.any()
    moved = both.population.parameters["body.4.weight"][1]
    assert not torch.equal(moved, start["body.4.weight"][1])


def test_what_an_optimiser_keeps_of_a_skipped_step_is_what_it_was():
    trainer = dense()
    batch = trainer.splits["train"].rows(slice(8))

    def step():
        trainer.gradients.of(batch, trainer.descent)
        trainer.descent.step(0.01, trainer.gradients.skipped)
        (state, *_) = trainer.descent.optimizers[0].state.values()
        return {name: kept.clone() for name, kept in state.items()}

    step()
    before = step()
    trainer.gradients.scaling.scale[0] = 2.0**60
    after = step()
    for name in ("exp_avg", "exp_avg_sq"):
        assert torch.equal(after[name][0], before[name][0])
        assert not torch.equal(after[name][1], before[name][1])
    # One for all: a step that is skipped counts.
    assert (float(before["step"]), float(after["step"])) == (2, 3)


def test_who_overflows_at_the_smallest_scale_has_failed():
    large = multiplied(vectors(), 1e12)
    trainer = dense(large, epochs=8)
    reports = train(trainer, 3)
    # From 2^16 to 2^-14 in 30 steps, of 8 an epoch.
    assert (reports[-1].failed_epoch == 0).all()
    train(trainer, 1)
    assert trainer.failed_epoch.tolist() == [4, 4]
    assert trainer.breakdown.overflowed.all()
    assert trainer.finished
    error = _failure(trainer.finish(), 0, ["a", "b"])["error"]
    assert error == (
        "the gradients overflowed half precision (fp16) in epoch 4, however small they were scaled"
    )


def test_a_network_that_diverges_fails_as_in_single_precision():
    trainer = dense(multiplied(vectors(), float("nan")), epochs=2)
    train(trainer, 1)
    assert trainer.failed_epoch.tolist() == [1, 1]
    assert not trainer.breakdown.overflowed.any()
    assert "not finite in step 1" in _failure(trainer.finish(), 0, ["a", "b"])["error"]


MAKERS = {
    "dense": lambda: dense(epochs=4),
    "parts": lambda: dense(pictures(), epochs=4, micro_batch=3),
    "sparse": lambda: sparse(epochs=3, retrain_epochs=1),
    "branching": lambda: branching(vectors(), weights=WEIGHTS, autocast=HALF),
}


@pytest.mark.parametrize("kind", MAKERS)
def test_four_epochs_at_once_and_in_two_parts(kind, monkeypatch):
    """With scales that grow until gradients overflow."""
    monkeypatch.setattr(scaling, "GROWS_AFTER", 1)
    straight, resumed = MAKERS[kind](), MAKERS[kind]()
    train(straight, 2)
    resumed.load_state_dict(saved_and_loaded(straight.state_dict()))
    for one, other in zip(train(straight, 2), train(resumed, 2), strict=True):
        assert_same(one, other)
    assert_same(straight.finish(), resumed.finish())


def test_the_certificate_is_of_single_precision():
    """Nothing scales its gradients, which would vanish."""
    tiny = multiplied(vectors(), 1e-8)
    half, whole = dense(tiny), dense(tiny, autocast=None)
    found, expected = half.finish(), whole.finish()
    assert torch.equal(found.stationarity, expected.stationarity)
    assert (found.stationarity > 0).all()


def test_a_solver_that_compares_gradients_is_refused():
    given = {"problem": "multidigits", "precision": "fp16", "device": "cpu"}
    with pytest.raises(InputError, match=r"--precision fp16 .*--solver mgda compares"):
        resolve({**given, "solver": "mgda", "sparsity": False})
    assert resolve({**given, "solver": "linear"}).config.precision == "fp16"

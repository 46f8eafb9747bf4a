"""The test split is shown: when it is measured, and that it decides nothing."""

import dataclasses

import pytest
import torch

from paretocli.core.problem import Samples
from paretocli.training.shown import default_every, share_of_epoch
from tests.toys import make_trainer, pictures, solve, vectors
from tests.training.test_trainer import assert_same

WEIGHTS = [[0.3, 0.7], [0.6, 0.4]]


def shown(report):
    return [split for split in report.figures if split == "test"]


def measured_after(every, **options):
    """The epochs with figures of the test split, and what became of the networks."""
    trainer = make_trainer(pictures(), WEIGHTS, epochs=5, evaluate_every=every, **options)
    epochs = []
    while not trainer.finished:
        report = trainer.run_epoch()
        epochs += [report.epoch] * len(shown(report))
    return epochs, trainer.finish()


@pytest.mark.parametrize(
    ("sizes", "batch_size", "share"),
    [
        ((40, 20, 14), 8, 14 / 140),
        ((40, 8, 6), 10, 6 / 128),
        # Of 40 samples 10 fill no batch.
        ((40, 10, 20), 15, 20 / 100),
        ((40, 10, 20), 1000, 20 / 130),
    ],
)
def test_the_share_goes_by_the_numbers_of_samples(sizes, batch_size, share):
    problem = dataclasses.replace(vectors(), **splits(sizes))
    assert share_of_epoch(problem, batch_size) == pytest.approx(share)
    assert default_every(problem, batch_size) == (0 if share > 0.05 else 1)


def splits(sizes):
    names = ("train", "val", "test")
    labels = (torch.zeros(50, dtype=torch.int64), torch.zeros(50, dtype=torch.int64))
    whole = Samples(torch.zeros(50, 6), labels)
    return {n: whole.rows(slice(size)) for n, size in zip(names, sizes, strict=True)}


def test_it_is_measured_as_often_as_is_said_and_after_the_last_epoch():
    found = {every: measured_after(every) for every in (1, 2, 0, 9)}
    assert {every: epochs for every, (epochs, _) in found.items()} == {
        1: [1, 2, 3, 4, 5],
        2: [2, 4, 5],
        0: [5],
        9: [5],
    }
    # What comes out does not depend on it, nor where the last epoch is one that stands still.
    for _, outcome in found.values():
        assert_same(outcome, found[1][1])
    assert found[0][1].figures["test"][0].shape == (2, 2)


def test_a_phase_that_ends_early_has_its_test_figures_too():
    often, one = (measured_after(every, patience=1, lr=1e-9) for every in (1, 0))
    assert len(often[0]) < 5
    assert one[0] == often[0][-1:]
    assert_same(often[1], one[1])


@pytest.mark.parametrize(("every", "failed"), [(1, 1), (2, 0), (0, 0)])
def test_a_test_split_that_breaks_down_fails_nobody_unless_it_is_always_measured(every, failed):
    made = vectors()
    broken = dataclasses.replace(made.test, inputs=torch.full_like(made.test.inputs, torch.inf))
    trainer = make_trainer(
        dataclasses.replace(made, test=broken), WEIGHTS, epochs=2, evaluate_every=every
    )
    outcome = solve(trainer)
    assert outcome.failed_epoch.tolist() == [failed, failed]
    assert outcome.figures["test"][0].isnan().all()


def test_validation_that_breaks_down_fails_a_point_however_often_test_is_measured():
    made = vectors()
    broken = dataclasses.replace(made.val, inputs=torch.full_like(made.val.inputs, torch.inf))
    trainer = make_trainer(
        dataclasses.replace(made, val=broken), WEIGHTS, epochs=2, evaluate_every=0
    )
    assert solve(trainer).failed_epoch.tolist() == [1, 1]

"""Training on data that is read as it is needed."""

import dataclasses

import pytest
import torch

import paretocli.reading.ahead
import tests.toys
from paretocli import LazySamples, Samples
from paretocli.core.in_order import in_order
from paretocli.training.batches import batches
from paretocli.training.evaluation import evaluate

WEIGHTS = [[0.2, 0.8], [0.5, 0.5], [0.8, 0.2]]


@pytest.fixture(autouse=True)
def _worth_it(monkeypatch):
    """Processes are started for data that takes no time, too."""
    monkeypatch.setattr(paretocli.reading.ahead, "WORTHWHILE", -1.0)


def shaken(item):
    inputs, *labels = item
    return inputs + 0.1 * torch.randn(6), *labels


def lazily(samples, **options):
    items = list(zip(samples.inputs, *samples.targets, strict=True))
    return LazySamples(items, **options)


def problem(workers=0, augment=shaken):
    held = tests.toys.vectors()
    splits = {
        name: lazily(samples, workers=workers, augment=augment)
        for name, samples in held.splits().items()
    }
    return dataclasses.replace(held, **splits)


def trained(made, weights=WEIGHTS, epochs=2, **settings):
    trainer = tests.toys.make_trainer(made, weights, epochs=epochs, **settings)
    for _ in range(epochs):
        trainer.run_epoch()
    return trainer.finish()


def same(outcome, other):
    return all(torch.equal(tensor, other.tensors[name]) for name, tensor in outcome.tensors.items())


def test_it_is_the_training_on_data_in_memory():
    held, lazy = trained(tests.toys.vectors()), trained(problem(workers=2, augment=None))
    assert same(held, lazy)
    for split, figures in held.figures.items():
        for one, other in zip(figures, lazy.figures[split], strict=True):
            assert torch.equal(one, other)
    assert torch.equal(held.stationarity, lazy.stationarity)


@pytest.mark.parametrize("streams", [None, (0, 1, 2)])
def test_the_number_of_workers_changes_no_point(streams):
    outcomes = [trained(problem(workers=workers), streams=streams) for workers in (0, 1, 2)]
    assert same(outcomes[0], outcomes[1])
    assert same(outcomes[0], outcomes[2])
    assert not same(outcomes[0], trained(problem(augment=None), streams=streams))


@pytest.mark.parametrize("streams", [None, (0, 1, 2)])
def test_a_point_sees_the_same_whatever_it_is_stacked_with(streams):
    together = trained(problem(), streams=streams)
    for place, weights in enumerate(WEIGHTS):
        alone = trained(
            problem(), [weights], streams=None if streams is None else (streams[place],)
        )
        for name, tensor in alone.tensors.items():
            torch.testing.assert_close(tensor[0], together.tensors[name][place])


@pytest.mark.parametrize("streams", [None, (0, 3)])
def test_every_sample_draws_on_its_own_each_time_it_is_seen(streams):
    items = [(torch.zeros(6), 0, 0)] * 20
    data = LazySamples(items, augment=shaken, workers=0)
    settings = tests.toys.make_trainer(
        problem(), WEIGHTS[:2], batch_size=4, streams=streams
    ).settings
    seen = [batch.inputs for epoch in range(3) for batch, *_ in batches(data, settings, epoch)]
    rows = torch.cat(seen)
    assert len(rows) == 3 * 20 * (1 if streams is None else 2)
    assert len(rows.unique(dim=0)) == len(rows)
    again = [batch.inputs for batch, *_ in batches(data, settings, 1)]
    assert torch.equal(torch.cat(again), rows[len(rows) // 3 : 2 * len(rows) // 3])


def test_nothing_is_drawn_in_evaluation():
    made = problem(workers=2)
    outcome = trained(made)
    population = tests.toys.make_trainer(made, WEIGHTS).population
    population.load_state_dict(outcome.tensors)
    population.train(False)
    for split, data in tests.toys.vectors().splits().items():
        losses, metrics = evaluate(population, data, made.prepare)
        assert torch.equal(losses, outcome.figures[split][0])
        assert torch.equal(metrics, outcome.figures[split][1])


def test_an_epoch_is_drawn_alike_after_a_break():
    whole = trained(problem(), epochs=3)
    first = tests.toys.make_trainer(problem(), WEIGHTS, epochs=3)
    first.run_epoch()
    second = tests.toys.make_trainer(problem(workers=2), WEIGHTS, epochs=3)
    second.load_state_dict(first.state_dict())
    second.run_epoch()
    second.run_epoch()
    assert same(second.finish(), whole)


def test_data_that_knows_only_rows_is_read_so():
    class Rows:
        def __init__(self, samples):
            self.samples, self.asked = samples, []

        def __len__(self):
            return len(self.samples)

        def rows(self, rows):
            self.asked.append(rows)
            return self.samples.rows(rows)

    data = Rows(Samples(torch.arange(4.0)[:, None], (torch.zeros(4),)))
    found = list(in_order(data, [slice(0, 2), torch.tensor([3])], [torch.ones(2), torch.ones(1)]))
    assert [batch.inputs.flatten().tolist() for batch in found] == [[0, 1], [3]]
    assert len(data.asked) == 2

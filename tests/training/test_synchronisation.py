"""No step of training waits for a GPU to say a number: what would is counted on a second device.

What an epoch waits for may not grow with its steps: the counts of epochs with a few steps and with
more are compared.
"""

import dataclasses

import pytest
import torch

from paretocli.core.problem import Samples
from paretocli.population.transfer import Adaptive, Neighbours
from paretocli.sweeping.jobs import load_state, save_state
from tests.second_device import DEVICE, Waits, offer
from tests.toys import Wide, growl_of, make_trainer, vectors

WEIGHTS = torch.tensor([[0.2, 0.8], [0.5, 0.5], [0.8, 0.2]])
FEW, MORE = 2, 12  # steps; every tenth is one of transfer
BATCH = 4


def neighbours(solver):
    weights = solver.scalarization.weights
    return Neighbours(weights, kernel="gaussian", reach=1.0, strength=0.5, until=0.7)


def adaptive(solver):
    return Adaptive(solver.value, strength=0.5, until=0.7)


def trainer_there(steps, *, sparse=None, solver="chebyshev", problem=None, **options):
    """A trainer on the second device after its first epoch, in which much is made."""
    made = problem(steps) if problem else vectors(sizes=(BATCH * steps, 6, 6))
    sparsity = None if sparse is None else growl_of(made, DEVICE, **sparse)
    first = torch.full((3, 1), 0.0 if sparse is None else 0.5)
    rows = WEIGHTS if sparse is None else torch.cat([first, WEIGHTS / 2], dim=1)
    trainer = make_trainer(
        made, rows, solver, sparsity=sparsity, device=DEVICE, batch_size=BATCH, epochs=9, **options
    )
    trainer.run_epoch()
    return trainer


def waits_of(trainer):
    with Waits() as waits:
        trainer.run_epoch()
    return waits.found


def inside(**options):
    """What further steps add to what an epoch waits for, a step."""
    few, more = (waits_of(trainer_there(steps, **options)) for steps in (FEW, MORE))
    assert few  # its figures come to the host
    assert not few - more
    return {name: count / (MORE - FEW) for name, count in (more - few).items()}


class Beside(Wide):
    """Returns the size of its features too."""

    def forward(self, inputs):
        features = self.body(inputs)
        a, b = (head(features) for head in self.heads)
        return {"a": a, "b": b, "size": features.square().sum(dim=1), "mean": features.mean()}


def beside(steps):
    made = vectors(sizes=(BATCH * steps, 6, 6))
    return dataclasses.replace(
        made, networks={"wide": Beside}, auxiliary={"size": 0.1, "mean": 0.2}
    )


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"problem": beside},
        {"problem": beside, "streams": (0, 1, 2), "patience": 3, "micro_batch": 2},
        {"solver": "linear", "optimizer": "sgd"},
        {"solver": "stch", "optimizer": "adamw", "clip_norm": 1.0},
        {"sparse": {}},
        {"sparse": {"max_layer_sparsity": 0.5}, "optimizer": "sgd", "clip_norm": 1.0},
        {"sparse": {"relative": False}, "optimizer": "adamw", "transfer": adaptive},
        {"transfer": neighbours},
        {"transfer": adaptive},
        {"streams": (0, 1, 2)},
        {"patience": 3},
        {"sparse": {}, "micro_batch": 2},
    ],
    ids=lambda options: " ".join(map(str, options)) or "plain",
)
def test_no_step_waits(options):
    assert inside(**options) == {}


def test_an_epoch_of_a_hundred_steps_waits_at_its_end_alone():
    few, many = (waits_of(trainer_there(steps, sparse={})) for steps in (FEW, 100))
    assert few == many


def test_no_step_of_a_training_that_goes_on_waits(monkeypatch):
    """Its state was read onto the device, with the numbers of the optimiser's steps."""
    offer(monkeypatch.setattr)
    found = []
    for steps in (FEW, MORE):
        state = save_state(trainer_there(steps, sparse={}).state_dict())
        trainer = trainer_there(steps, sparse={})
        trainer.load_state_dict(load_state(state, DEVICE))
        found.append(waits_of(trainer))
    assert found[0] == found[1]


def some_labels(steps):
    """Every third sample has no label of the first task."""
    made = vectors(sizes=(BATCH * steps, 6, 6))

    def without(samples):
        first, second = samples.targets
        there = torch.arange(len(samples)) % 3 > 0
        return Samples(samples.inputs, (first.where(there, -1), second))

    first = dataclasses.replace(made.tasks[0], missing=-1)
    splits = {name: without(samples) for name, samples in made.splits().items()}
    return dataclasses.replace(made, tasks=[first, made.tasks[1]], **splits)


@pytest.mark.parametrize(
    ("options", "found"),
    [
        # Rows are pooled until none is left to pool: how often, their lengths decide.
        ({"sparse": {"theta": "linear"}}, {"equal"}),
        # The weights of gradients come from small problems that are solved on the CPU.
        ({"solver": "pcgrad"}, {"to the host", "from the host"}),
        # How many samples of a batch have a label is the shape of what is computed.
        ({"problem": some_labels}, {"nonzero"}),
    ],
    ids=["pooling", "gradients", "labels"],
)
def test_what_has_to_wait_is_known(options, found):
    if "solver" in options:
        pytest.importorskip("torchjd", reason="needs the extra rivals")
    waits = inside(**options)
    assert set(waits) == found

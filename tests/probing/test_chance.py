"""What draws at random where it should not, and what changes the data, is found beforehand."""

import dataclasses

import pytest
import torch

import tests.odd
from paretocli.core.samples import Samples
from paretocli.errors import InputError
from paretocli.probing.chance import chance_notes, refuse_chance
from paretocli.probing.rehearsal import faults
from tests.toys import CPU, pictures


class Noisy:
    """Data that is changed as it is read."""

    def __init__(self, samples, shape):
        self.samples, self.shape = samples, shape

    def __len__(self):
        return len(self.samples)

    def rows(self, rows):
        found = self.samples.rows(rows)
        return Samples(found.inputs + torch.rand(self.shape(found.inputs)), found.targets)

    def to(self, device):
        return self

    def checksum(self):
        return ""


def each(inputs):
    return (len(inputs), 1)


def once(inputs):
    return ()


def made(**changes):
    return dataclasses.replace(tests.odd.drop(), **changes)


def refusal(problem):
    before = [problem.train.inputs.clone(), torch.get_rng_state()]
    with pytest.raises(InputError) as caught:
        refuse_chance(problem)
    assert torch.equal(problem.train.inputs, before[0])
    assert torch.equal(torch.get_rng_state(), before[1])
    return str(caught.value)


@pytest.mark.parametrize("problem", [tests.odd.drop(), tests.odd.embedding(), pictures()])
def test_what_is_the_same_each_time(problem):
    refuse_chance(problem)
    assert list(chance_notes(problem)) == []


@pytest.mark.parametrize("split", ["val", "test"])
def test_rows_that_draw_at_random_in_evaluation(split):
    problem = made()
    problem = made(**{split: Noisy(problem.splits()[split], each)})
    said = refusal(problem)
    assert said.startswith(f"The {split} split of problem odd gives other samples each time the")
    # As a sweep finds it, and the check.
    assert [str(fault) for fault in faults(problem, tests.odd.Net(), CPU, batch_size=8)] == [said]


@pytest.mark.parametrize(
    ("shape", "words"), [(each, "draw at random: what"), (once, "once a batch and not for each")]
)
def test_training_rows_that_draw_at_random(shape, words):
    problem = made(train=Noisy(made().train, shape))
    refuse_chance(problem)
    (note,) = chance_notes(problem)
    assert note.startswith("The rows of the training split of problem odd draw at random")
    assert words in note


def test_a_prepare_that_draws_at_random_is_named():
    said = refusal(made(prepare=lambda inputs: inputs + torch.rand(len(inputs), 1)))
    assert said.startswith("prepare of problem odd gives other inputs each time for the same")
    assert "draw at random in augment" in said


@pytest.mark.parametrize("name", ["prepare", "augment"])
def test_what_changes_the_data_set(name):
    def halved(inputs):
        return inputs.mul_(0.5)

    problem = made(**{name: halved})
    if name == "augment":  # rows that training asks for are copies, unless somebody keeps them
        refuse_chance(problem)
        batch = problem.train.rows(slice(24))
        kept = type("Kept", (Noisy,), {"rows": lambda self, rows: batch.rows(slice(len(batch)))})
        with pytest.raises(InputError, match="augment of problem odd changes the data set itself"):
            refuse_chance(dataclasses.replace(problem, train=kept(batch, each)))
        return
    said = refusal(problem)
    assert said.startswith("prepare of problem odd changes the data set itself: the same rows are")


@pytest.mark.parametrize(
    ("augment", "noted"),
    [
        (lambda inputs: inputs + torch.rand(()), True),
        (lambda inputs: inputs if torch.rand(()) < 0.5 else inputs.flip(1), True),
        (lambda inputs: inputs + torch.rand(len(inputs), 1), False),
        (lambda inputs: torch.where(torch.rand(len(inputs), 1) < 0.5, inputs, -inputs), False),
        (lambda inputs: inputs[torch.randperm(len(inputs))], False),
        (lambda inputs: inputs / 2, False),
    ],
)
def test_an_augmentation_once_a_batch(augment, noted):
    notes = list(chance_notes(made(augment=augment)))
    assert len(notes) == noted
    if noted:
        assert notes[0].startswith("augment of problem odd draws once a batch and not for each")

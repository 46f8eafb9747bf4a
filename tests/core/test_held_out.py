import numpy as np
import pandas as pd
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from paretocli import InputError, LazySamples, Samples
from tests.core.test_problem import problem, samples


def numbered(count):
    return Samples(torch.arange(float(count))[:, None], (torch.ones(count),) * 2)


def test_a_tenth_of_the_training_data_is_validation_data_where_there_is_none():
    made = problem(train=numbered(50), val=None)
    train, val = made.train.inputs.flatten(), made.splits()["val"].inputs.flatten()
    assert len(val) == 5
    assert sorted([*train.tolist(), *val.tolist()]) == list(range(50))
    assert train.tolist() == sorted(train.tolist())
    assert val.tolist() != list(range(5))
    (note,) = made.notes
    assert note == (
        "Problem toy has no validation split: 5 of its 50 training samples, drawn at random, are "
        "that, and are not trained on."
    )
    again = problem(train=numbered(50), val=None)
    assert again.checksums() == made.checksums()
    assert problem().notes == ()


def test_so_it_is_with_data_that_is_read_as_needed():
    whole = numbered(50)
    items = TensorDataset(whole.inputs, *whole.targets)
    made = problem(train=LazySamples(items, workers=0), val=None)
    held = problem(train=whole, val=None)
    for split in ("train", "val"):
        lazy, kept = made.splits()[split], held.splits()[split]
        assert len(lazy) == len(kept)
        assert torch.equal(lazy.rows(slice(None)).inputs, kept.inputs)
        assert torch.equal(lazy.rows(torch.tensor([2, 0])).inputs, kept.inputs[[2, 0]])
    assert made.checksums()["train"] != made.checksums()["val"]


def test_a_single_sample_cannot_be_divided():
    with pytest.raises(InputError, match="has 1 samples, of which none can be cut off"):
        problem(train=samples(1), val=None)
    assert len(problem(train=samples(2), val=None).splits()["val"]) == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (DataLoader([1, 2]), r"DataLoader; .*LazySamples\(loader.dataset, collate=loader.coll"),
        (np.ones(3), r"ndarray; inputs and targets go together, as Samples.of\(inputs, "),
        (torch.ones(3), r"Tensor; inputs and targets go together"),
        (pd.DataFrame({"a": [1]}), r"DataFrame; .*Samples.of\(frame, targets=\(column, …\)\)"),
        ((np.ones(3), np.ones(3)), r"tuple; make samples of it, as Samples.of\(inputs, "),
        ([(1, 2)], r"list; make samples of it: Samples.of\(dataset\) in memory, LazySamples"),
        (TensorDataset(torch.ones(3)), r"TensorDataset; .*LazySamples\(dataset\)"),
        (7, "int; it should be Samples, LazySamples, or an object with the methods of .*checksum"),
        (None, "NoneType; it should be Samples, LazySamples"),
    ],
)
def test_what_is_no_data_is_told_what_to_be(given, message):
    with pytest.raises(InputError, match=f"The test split of problem toy is of type {message}"):
        problem(test=given)

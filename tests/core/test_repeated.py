import dataclasses
import math

import numpy as np
import pytest
import torch

from paretocli import InputError, LazySamples, Samples
from paretocli.core.repeated import repeats
from paretocli.sweeping.cut import cut
from tests.core.test_problem import problem, samples


def numbered(count):
    return Samples(torch.arange(float(count))[:, None], (torch.ones(count),) * 2)


def seen(made):
    """How often each sample is in an epoch, by its number."""
    return torch.bincount(made.splits()["train"].rows(slice(None)).inputs.flatten().long()).tolist()


def test_whole_multiples_are_exact():
    made = problem(train=numbered(4), train_weights=[0.5, 1.0, 0.5, 2.5])
    assert seen(made) == [1, 2, 1, 5]
    assert made.train.inputs.flatten().tolist() == [0, 1, 2, 3]
    assert made.notes == ()
    (note,) = made.all_notes
    assert "An epoch of problem toy has 9 samples: its 4 training samples" in note
    assert made.checksums()["train"] != problem(train=numbered(4)).checksums()["train"]
    assert problem(train=numbered(4)).all_notes == ()


def test_others_are_right_in_the_mean():
    weights = torch.full((4001,), 2.3)
    weights[0] = 1.0
    times = torch.bincount(repeats(weights.double()))
    assert times[0] == 1
    assert set(times[1:].tolist()) == {2, 3}
    # The mean of 4,000 numbers with a deviation of 0.46, by four deviations.
    assert math.isclose(times[1:].double().mean(), 2.3, abs_tol=4 * 0.46 / 4000**0.5)


def test_the_order_mixes_them_and_is_the_same_each_time():
    weights = torch.tensor([1.0] * 50 + [3.0] * 50).double()
    order = repeats(weights)
    assert torch.equal(order, repeats(weights))
    assert 30 < (order[:100] >= 50).sum() < 95


def test_validation_data_is_cut_off_first_and_shares_no_sample():
    weights = np.arange(50) % 2 + 1
    made = problem(train=numbered(50), val=None, train_weights=weights)
    held_out = made.splits()["val"].inputs.flatten().long().tolist()
    times = seen(made) + [0] * (50 - len(seen(made)))
    assert [times[row] for row in held_out] == [0] * 5
    left = [row for row in range(50) if row not in held_out]
    assert [times[row] for row in left] == [weights[row] for row in left]


def test_fewer_training_samples_keep_their_weights():
    made = problem(train=numbered(6), train_weights=[1.0, 2.0, 3.0, 1.0, 1.0, 1.0])
    assert seen(cut(made, 3)) == [1, 2, 3]
    assert seen(dataclasses.replace(made, name="again")) == [1, 2, 3, 1, 1, 1]


def test_data_that_is_read_as_needed_is_read_more_often():
    data = [(torch.tensor([float(row)]), 1.0, 1.0) for row in range(4)]
    made = problem(train=LazySamples(data, workers=0), train_weights=[1, 1, 3, 1])
    assert seen(made) == [1, 1, 3, 1]


def test_rows_with_labels_are_those_of_an_epoch():
    made = problem(train=numbered(3), train_weights=[1, 5, 5])
    rows = made.some_rows("train", 11)
    assert sorted(made.an_epoch.rows(rows).inputs.flatten().tolist()) == [0, *[1] * 5, *[2] * 5]


def test_no_samples_are_no_samples_with_weights_too():
    with pytest.raises(InputError, match="train split of problem toy is empty"):
        problem(train=samples(0), train_weights=[])


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0, 2.0], "one number for each of its 4 training samples, found 2"),
        (3.0, "found a single number"),
        (torch.ones(4, 2), "found 4×2"),
        ("heavy", "as a sequence, array or tensor, found str"),
        ([[1.0], 2.0, 1.0, 1.0], "as a sequence, array or tensor, found list"),
        ([1.0, 0.0, 1.0, 1.0], "finite numbers above 0, found 0 for sample 1; leave"),
        ([1.0, 1.0, math.nan, 1.0], "found nan for sample 2"),
        ([1e-3, 1.0, 1.0, 1.0], "an epoch would have 3,001 samples, 750 for each .*0.001, is too"),
    ],
)
def test_weights_that_are_none(weights, message):
    with pytest.raises(InputError, match=f"train_weights of problem toy.*{message}"):
        problem(train=samples(), train_weights=weights)

import dataclasses

import pytest
import torch

from paretocli import InputError, LazySamples
from paretocli.sweeping.cut import cut
from tests.toys import vectors


def lazy():
    held = vectors()
    items = list(zip(held.train.inputs, *held.train.targets, strict=True))
    return dataclasses.replace(held, train=LazySamples(items, workers=0))


@pytest.mark.parametrize("made", [vectors, lazy])
def test_the_first_samples_are_left(made):
    problem = made()
    few = cut(problem, 10)
    assert len(few.train) == 10
    assert torch.equal(few.train.rows(slice(None)).inputs, vectors().train.inputs[:10])
    assert few.val is problem.val
    assert cut(problem, 64).checksums() == problem.checksums() != few.checksums()


def test_there_must_be_so_many():
    with pytest.raises(InputError, match=r"--train-samples should be from 1 to 64, .* found 65"):
        cut(vectors(), 65)

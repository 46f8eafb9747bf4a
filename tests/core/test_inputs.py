"""Inputs of one tensor, or of several."""

from collections import OrderedDict, UserDict
from typing import NamedTuple

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from paretocli.core.inputs import (
    call,
    mapped,
    one_tensor,
    refuse_other_forms,
    sample_count,
    tensors_of,
)
from paretocli.core.problem import Samples, as_float
from paretocli.errors import InputError


class Pair(NamedTuple):
    image: Tensor
    age: Tensor


IMAGE, AGE = torch.arange(12.0).reshape(4, 3), torch.arange(4)
FORMS = {
    "one": IMAGE,
    "tuple": (IMAGE, AGE),
    "named": Pair(IMAGE, AGE),
    "dictionary": {"image": IMAGE, "age": AGE},
}
NAMES = {
    "one": [""],
    "tuple": ["0", "1"],
    "named": ["image", "age"],
    "dictionary": ["image", "age"],
}


@pytest.mark.parametrize("form", FORMS)
def test_what_happens_to_inputs_happens_to_each_tensor(form):
    inputs = FORMS[form]
    assert list(tensors_of(inputs)) == NAMES[form]
    assert sample_count(inputs) == 4
    doubled = mapped(lambda tensor: 2 * tensor, inputs)
    assert type(doubled) is type(inputs)
    assert list(tensors_of(doubled)) == NAMES[form]
    for name, tensor in tensors_of(inputs).items():
        assert torch.equal(tensors_of(doubled)[name], 2 * tensor)


@pytest.mark.parametrize("form", FORMS)
def test_samples_of_every_form(form):
    samples = Samples(FORMS[form], (AGE,))
    assert len(samples) == 4
    some = samples.rows(torch.tensor([3, 1]))
    assert torch.equal(some.targets[0], torch.tensor([3, 1]))
    for name, tensor in tensors_of(some.inputs).items():
        assert torch.equal(tensor, tensors_of(samples.inputs)[name][[3, 1]])
    moved = samples.to(torch.device("meta"))
    assert {t.device.type for t in tensors_of(moved.inputs).values()} == {"meta"}
    assert {t.dtype for t in tensors_of(as_float(samples.inputs)).values()} == {torch.float32}
    changed = {"image": IMAGE.clone(), "age": AGE.clone()}
    changed["image"][2, 1] += 1
    other = {"one": changed["image"], "tuple": tuple(changed.values()), "named": Pair(**changed)}
    assert Samples(FORMS[form], (AGE,)).checksum() == samples.checksum()
    assert Samples(other.get(form, changed), (AGE,)).checksum() != samples.checksum()


def test_the_checksum_of_one_tensor_is_that_of_its_bytes_and_names_count():
    import hashlib

    digest = hashlib.sha256()
    for tensor in (IMAGE, AGE):
        digest.update(f"{tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.numpy().tobytes())
    assert Samples(IMAGE, (AGE,)).checksum() == digest.hexdigest()
    swapped = Samples({"age": IMAGE, "image": AGE}, (AGE,))
    assert swapped.checksum() != Samples(FORMS["dictionary"], (AGE,)).checksum()


class Concatenated(nn.Module):
    def forward(self, image, age):
        return torch.cat([image, age.unsqueeze(1)], dim=1)


@pytest.mark.parametrize("form", ["tuple", "named", "dictionary"])
def test_a_tuple_becomes_arguments_and_a_dictionary_keywords(form):
    expected = torch.cat([IMAGE, AGE.unsqueeze(1)], dim=1)
    assert torch.equal(call(Concatenated(), FORMS[form]), expected)


def test_a_dictionary_is_taken_by_name_not_by_place():
    turned = OrderedDict(age=AGE, image=IMAGE)
    expected = call(Concatenated(), FORMS["tuple"])
    assert torch.equal(call(Concatenated(), turned), expected)
    # As tokenisers give them.
    assert torch.equal(call(Concatenated(), UserDict(turned)), expected)


@pytest.mark.parametrize(
    ("inputs", "found"),
    [
        ([IMAGE], "found list"),
        (np.zeros(3), "found ndarray"),
        ((), "found none in it"),
        ({}, "found none in it"),
        ((IMAGE, [AGE]), "found list as '1' of them"),
        ({"image": IMAGE, "more": {"age": AGE}}, "found dict as 'more' of them"),
        ({1: IMAGE}, "named by texts, found 1"),
    ],
)
def test_other_forms_are_refused(inputs, found):
    with pytest.raises(InputError, match=f"These should be .*{found}"):
        refuse_other_forms(inputs, "These")


def test_what_needs_one_tensor_says_so():
    assert one_tensor(IMAGE, "A thing") is IMAGE
    with pytest.raises(InputError, match=r"A thing takes one tensor, found .*\(image, age\)"):
        one_tensor(FORMS["named"], "A thing")


# Splitting


def test_random_parts():
    samples = Samples((torch.arange(50), torch.arange(50) + 100), (torch.arange(50) + 200,))
    train, val, test = samples.split(0.6, 0.25, 0.15)
    assert [len(part) for part in (train, val, test)] == [30, 12, 8]
    together = torch.cat([part.inputs[0] for part in (train, val, test)])
    assert sorted(together.tolist()) == list(range(50))
    assert together.tolist() != list(range(50))
    for part in (train, val, test):
        assert torch.equal(part.inputs[1], part.inputs[0] + 100)
        assert torch.equal(part.targets[0], part.inputs[0] + 200)
    assert samples.split(0.6, 0.25, 0.15)[1].checksum() == val.checksum()
    assert samples.split(0.6, 0.25, 0.15, seed=1)[1].checksum() != val.checksum()
    assert [len(part) for part in samples.split(0.1, 0.1)] == [5, 5]
    assert sum(len(part) for part in samples.split(*[0.1] * 10)) == 50


@pytest.mark.parametrize("shares", [(), (0.5, 0.6), (0.5, 0.0), (-0.1, 0.5)])
def test_shares_that_are_none(shares):
    with pytest.raises(InputError, match="should be positive and sum to 1 or less, found"):
        Samples(IMAGE, (AGE,)).split(*shares)

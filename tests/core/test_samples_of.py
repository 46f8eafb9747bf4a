import collections

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

from paretocli import InputError, Samples

Item = collections.namedtuple("Item", "left right")


class Made(Dataset):
    """A data set of the items that a function makes of their numbers."""

    def __init__(self, make, count=4):
        self.make, self.count = make, count

    def __len__(self):
        return self.count

    def __getitem__(self, number):
        return self.make(number)


@pytest.mark.parametrize(
    "make",
    [
        lambda number: (torch.full((2,), float(number)), number, number / 2),
        lambda number: (torch.full((2,), float(number)), (number, number / 2)),
        lambda number: [np.full(2, number, dtype=np.float64), np.int64(number), number / 2],
        lambda number: ([float(number)] * 2, [np.int64(number), number / 2]),
    ],
)
def test_items_with_a_target_for_each_task(make):
    found = Samples.of(Made(make))
    assert torch.equal(found.inputs, torch.arange(4.0)[:, None].expand(4, 2))
    whole, half = found.targets
    assert torch.equal(whole, torch.arange(4))
    assert whole.dtype == torch.int64
    assert torch.equal(half, torch.arange(4) / 2)
    assert half.dtype == torch.float32


def test_items_that_are_dictionaries():
    data = Made(lambda n: {"ids": [n, n], "mask": [1, 0], "b": n, "a": -n})
    found = Samples.of(data, targets=("a", "b"))
    assert list(found.inputs) == ["ids", "mask"]
    assert found.inputs["ids"].shape == (4, 2)
    assert [target.tolist() for target in found.targets] == [[0, -1, -2, -3], [0, 1, 2, 3]]
    alone = Samples.of(data, targets=("a",), inputs=("ids",))
    assert torch.equal(alone.inputs, found.inputs["ids"])
    named = Samples.of(Made(lambda n: (float(n), {"b": n, "a": -n})), targets=("a", "b"))
    assert [target.tolist() for target in named.targets] == [[0, -1, -2, -3], [0, 1, 2, 3]]


def test_inputs_may_be_several():
    found = Samples.of(Made(lambda n: (Item(float(n), [n, n]), n)))
    assert isinstance(found.inputs, Item)
    assert found.inputs.right.shape == (4, 2)
    assert len(found) == 4


def test_what_is_held_is_kept_in_little_room():
    images = np.arange(4 * 3 * 2 * 3, dtype=np.uint8).reshape(4, 3, 2, 3)
    pictures = Samples.of(Made(lambda n: (Image.fromarray(images[n]), n)))
    assert pictures.inputs.dtype == torch.uint8
    assert np.array_equal(pictures.inputs.numpy(), images.transpose(0, 3, 1, 2))
    grey = Samples.of(Made(lambda n: (Image.fromarray(images[n, :, :, 0]), n)))
    assert np.array_equal(grey.inputs.numpy(), images[:, None, :, :, 0])
    swapped = Samples.of([(np.array([n], dtype=">i2"), n) for n in range(3)])
    assert swapped.inputs.flatten().tolist() == [0, 1, 2]


def test_arrays_and_tensors_beside_each_other():
    found = Samples.of(np.arange(6.0).reshape(3, 2), (np.array([1, 0, 1]), torch.ones(3).double()))
    assert found.inputs.dtype == found.targets[1].dtype == torch.float32
    assert found.targets[0].dtype == torch.int64
    several = Samples.of({"x": np.ones((3, 2)), "y": torch.ones(3)}, [np.zeros(3)])
    assert list(several.inputs) == ["x", "y"]
    whole = TensorDataset(torch.arange(6.0).reshape(3, 2), torch.tensor([1, 0, 1]), torch.ones(3))
    assert Samples.of(whole).checksum() == found.checksum()


def test_columns_of_a_data_frame():
    frame = pd.DataFrame(
        {"a": [1, 2, 3], "left": [0, 1, 1], "b": [0.5, None, 2.5], "right": [0.1, 0.2, 0.3]}
    )
    found = Samples.of(frame, targets=("right", "left"))
    assert found.inputs[:, 0].tolist() == [1, 2, 3]
    assert found.inputs[1, 1].isnan()
    assert found.targets[0].dtype == torch.float32
    assert found.targets[1].tolist() == [0, 1, 1]
    assert found.targets[1].dtype == torch.int64
    assert Samples.of(frame, targets=["left"], inputs=["a"]).inputs.shape == (3, 1)
    lacking = frame.assign(left=pd.array([0, None, 1], dtype="Int64"))
    assert Samples.of(lacking, targets=["left"], inputs=["a"]).targets[0][1].isnan()


def test_lengths_that_differ_are_padded_by_collate():
    def padded(items):
        inputs, labels = zip(*items, strict=True)
        length = max(map(len, inputs))
        rows = [[*row, *[0] * (length - len(row))] for row in inputs]
        return {"ids": torch.tensor(rows), "mask": torch.tensor(rows) > 0}, np.array(labels)

    found = Samples.of([([1], 0), ([1, 2, 3], 1), ([4, 5], 2)], collate=padded)
    assert found.inputs["ids"].tolist() == [[1, 0, 0], [1, 2, 3], [4, 5, 0]]
    assert found.inputs["mask"].sum() == 6
    assert found.targets[0].tolist() == [0, 1, 2]


class Stream(IterableDataset):
    def __iter__(self):
        return iter([])


def failing(number):
    if number == 2:
        raise OSError("a torn file\nand more")
    return torch.ones(2), number


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (Made(failing), {}, r"Sample 2 of Made cannot be read: OSError: a torn file; mend it"),
        (
            [([1, 2], 0), ([1, 2, 3], 1)],
            {},
            r"Sample 1 of list has \(3,\) of int64 in its part 0, and sample 0 \(2,\) of int64; "
            ".* or give collate=",
        ),
        ([([1, 2], 0), ([1, 2], 0.5)], {}, r"Sample 1 .* \(\) of float32 in its part 1, .*int64"),
        ([([1, 2], 0), ([1, 2], 0, 1)], {}, "Sample 1 of list is made of other parts than sample"),
        ([("text", 0)], {}, r"Sample 0 of list should be made of .*, found str \('text'\)"),
        ([(None, 0)], {}, "Sample 0 .* found NoneType"),
        ([(Image.new("P", (2, 2)), 0)], {}, r"Sample 0 of list has a picture with a palette"),
        ([(1.0, 0)], {"targets": ("a",)}, "have no keys, so that targets= and inputs= name"),
        ([{"x": 1.0, "a": 0}], {}, r"say which keys are targets, as in targets=\('x', 'a',\)"),
        ([{"x": 1.0, "a": 0}], {"targets": ("b",)}, "have no 'b'; there are x, a"),
        ([{"x": 1.0, "a": 0}], {"targets": "a"}, r"targets= should be several keys.*\('a',\)"),
        ([1.0, 2.0], {}, "The items of list should be .*; found Tensor"),
        ([(1.0,), (2.0,)], {}, "The items of list should be .*; found 1 parts"),
        ([], {}, "The data set list has no items"),
        (DataLoader([1]), {}, "found a DataLoader; hand over loader.dataset"),
        (np.ones(3), {}, r"found ndarray; hand over inputs and targets .* Samples.of\(inputs, "),
        ({"x": np.ones(3)}, {"targets": ("x",)}, "A data set is wanted, found dict"),
        (Stream(), {}, "found Stream; put what it yields into a list"),
        (np.ones(3), {"targets": [np.ones(4)]}, "equally many, found 3, 4 rows"),
        (np.ones(3), {"targets": [np.array(["a"] * 3)]}, "given as target 0 should be made of"),
        (
            [([1], 0), ([1, 2], 0)],
            {"collate": torch.stack},
            r"collate of list failed on 2 samples \(0, 1\) with TypeError: ",
        ),
        (
            [([1], 0), ([1], 0), ([1], 0)],
            {"collate": lambda items: ([[1], [1]], torch.ones(3))},
            "collate of list gave 1 row in its part 0 for 3 samples; ",
        ),
        (
            [([1], 0), ([1], 0)],
            {"collate": lambda items: (torch.ones(2, 1), (0, 0))},
            "collate of list gave one number in its part 1 for 2 samples; ",
        ),
    ],
)
def test_what_is_wrong_is_named(data, options, message):
    with pytest.raises(InputError, match=message):
        Samples.of(data, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, r"Say which columns are targets, .* targets=\('a', 'text',\)"),
        ({"targets": ["b"]}, "There should be one column 'b', found 0; the columns are a, text"),
        ({"targets": ["a"]}, "The column 'text' holds no numbers but .*cat.codes"),
        ({"targets": ["a", "text"]}, "All columns are targets"),
    ],
)
def test_columns_that_cannot_be_used_are_named(options, message):
    with pytest.raises(InputError, match=message):
        Samples.of(pd.DataFrame({"a": [1, 2], "text": ["x", "y"]}), **options)

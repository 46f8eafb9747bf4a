import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from paretocli.problems import multidigits


@pytest.fixture(scope="module")
def problem():
    return multidigits.make()


def rebuilt_parts():
    digits = load_digits()
    order = np.random.default_rng(multidigits.SPLIT_SEED).permutation(len(digits.images))
    train, val = round(0.6 * len(order)), round(0.8 * len(order))
    parts = {"train": order[:train], "val": order[train:val], "test": order[val:]}
    return digits, parts


def test_splits_share_no_digit_and_are_what_the_seeds_say(problem):
    digits, parts = rebuilt_parts()
    assert sorted(np.concatenate(list(parts.values()))) == list(range(len(digits.images)))
    levels = np.rint(digits.images * 255 / 16).astype(np.uint8)
    for name, rounds in (("train", 10), ("val", 5), ("test", 5)):
        part, split = parts[name], problem.splits()[name]
        assert len(split) == rounds * len(part)
        expected = np.zeros((rounds, len(part), 12, 12), dtype=np.uint8)
        right = []
        for r in range(rounds):
            partners = np.random.default_rng(r).permutation(len(part))
            expected[r, :, :8, :8] = levels[part]
            expected[r, :, 4:, 4:] = np.maximum(expected[r, :, 4:, 4:], levels[part[partners]])
            right.append(digits.target[part[partners]])
        np.testing.assert_array_equal(split.inputs[:, 0], expected.reshape(-1, 12, 12))
        np.testing.assert_array_equal(split.targets[0], np.tile(digits.target[part], rounds))
        np.testing.assert_array_equal(split.targets[1], np.concatenate(right))


def test_form(problem):
    assert problem.input_shape == (1, 12, 12)
    assert problem.objectives == ("left", "right")
    assert problem.metrics == ("accuracy_left", "accuracy_right")
    for split in problem.splits().values():
        assert split.inputs.dtype == torch.uint8
        assert all(t.dtype == torch.int64 for t in split.targets)
    prepared = problem.prepare(problem.train.inputs)
    assert prepared.mean().item() == pytest.approx(0, abs=1e-4)
    assert prepared.std().item() == pytest.approx(1, abs=1e-3)


def test_checksums_are_stable_and_notice_a_pixel(problem):
    first = problem.checksums()
    second = multidigits.make()
    assert second.checksums() == first
    assert len(set(first.values())) == 3
    second.val.inputs[7, 0, 3, 3] ^= 1
    changed = second.checksums()
    assert changed["val"] != first["val"]
    assert (changed["train"], changed["test"]) == (first["train"], first["test"])

"""Garments, from small files in the form that torchvision reads."""

import numpy as np
import pytest
import torch

from paretocli.problems import fashionandmnist, mnist_files, multifashion
from tests.overlaid_images import write_idx, write_images


@pytest.fixture
def data_dir(tmp_path, monkeypatch, own_cache):
    """40 and 12 garments of shades below 100, and as many digits of shades from 100."""
    write_images(tmp_path, monkeypatch)
    return tmp_path


def labels(data_dir, name, part):
    path = mnist_files.folder(data_dir, name) / f"{part}-labels-idx1-ubyte"
    return np.frombuffer(path.read_bytes()[8:], dtype=np.uint8)


def test_two_garments(data_dir):
    problem = multifashion.make(data_dir)
    assert problem.name == "multifashion"
    assert problem.objectives == ("left", "right")
    assert [len(split) for split in problem.splits().values()] == [30, 10, 12]
    assert problem.train.inputs.shape == (30, 1, 28, 28)
    assert problem.train.inputs.max() < 100
    expected = labels(data_dir, "FashionMNIST", "t10k")
    left, right = problem.test.targets
    np.testing.assert_array_equal(left, expected)
    np.testing.assert_array_equal(sorted(right.tolist()), np.sort(expected))


def test_a_garment_and_a_digit(data_dir):
    problem = fashionandmnist.make(data_dir)
    assert problem.objectives == ("garment", "digit")
    garments, digits = problem.test.targets
    np.testing.assert_array_equal(garments, labels(data_dir, "FashionMNIST", "t10k"))
    np.testing.assert_array_equal(
        sorted(digits.tolist()), np.sort(labels(data_dir, "MNIST", "t10k"))
    )
    # The digit's shades at the lower right alone, the garment's at the upper left.
    images = problem.train.inputs
    assert images[:, :, :4, :4].max() < 100 <= images[:, :, 6:25, 6:25].min()


def test_each_has_its_place_in_the_cache(data_dir, own_cache):
    first = {make.__module__: make(data_dir).checksums() for make in MAKERS}
    assert {path.stem for path in own_cache.iterdir()} == {"multifashion", "fashionandmnist"}
    for make in MAKERS:
        assert make(data_dir).checksums() == first[make.__module__]


MAKERS = (multifashion.make, fashionandmnist.make)


def test_a_digit_that_changes_is_seen(data_dir):
    before = fashionandmnist.make(data_dir)
    path = mnist_files.folder(data_dir, "MNIST") / "t10k-images-idx3-ubyte"
    write_idx(path, np.full((12, 28, 28), 255, dtype=np.uint8))
    after = fashionandmnist.make(data_dir)
    assert torch.equal(before.train.inputs, after.train.inputs)
    assert not torch.equal(before.test.inputs, after.test.inputs)

"""Garments, from small files in the form that torchvision reads."""

import numpy as np
import pytest
import torch

from paretocli.problems import fashionandmnist, mnist_files, multifashion, overlaid

COUNTS = {"train": 40, "t10k": 12}


def write_idx(path, array):
    """The IDX form: two zero bytes, 8 for unsigned bytes, the number of sides, and the sides."""
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, dtype=">i4").tobytes()
    path.write_bytes(header + array.tobytes())


@pytest.fixture
def data_dir(tmp_path, monkeypatch, own_cache):
    """40 and 12 garments of shades below 100, and as many digits of shades from 100."""
    rng = np.random.default_rng(0)
    sizes = {}
    for name, shades in (("FashionMNIST", (0, 100)), ("MNIST", (100, 256))):
        raw = mnist_files.folder(tmp_path, name)
        raw.mkdir(parents=True)
        for part, count in COUNTS.items():
            images = rng.integers(*shades, size=(count, 28, 28), dtype=np.uint8)
            labels = rng.integers(0, 10, size=count, dtype=np.uint8)
            write_idx(raw / f"{part}-images-idx3-ubyte", images)
            write_idx(raw / f"{part}-labels-idx1-ubyte", labels)
            sizes[f"{part}-images-idx3-ubyte"] = 16 + images.size
            sizes[f"{part}-labels-idx1-ubyte"] = 8 + count
    monkeypatch.setattr(mnist_files, "FILES", sizes)
    monkeypatch.setattr(overlaid, "VALIDATION", 10)
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

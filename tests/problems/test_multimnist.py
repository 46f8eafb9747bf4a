import json
import os

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open

from paretocli.problems import mnist, multimnist, overlaid
from paretocli.problems.mnist_files import FILES, fingerprint, folder


@pytest.fixture
def small(tmp_path, monkeypatch, own_cache):
    """Files of MNIST's sizes, and 60 and 20 random digits read from them; counts the reads."""
    raw = folder(tmp_path / "data")
    raw.mkdir(parents=True)
    for name, size in FILES.items():
        with (raw / name).open("wb") as file:
            file.truncate(size)
    reads = []

    def load(data_dir, name, *, train):
        reads.append(train)
        rng = np.random.default_rng(train)
        count = 60 if train else 20
        images = rng.integers(0, 256, size=(count, 28, 28), dtype=np.uint8)
        return mnist.Digits(torch.from_numpy(images), torch.from_numpy(rng.integers(0, 10, count)))

    monkeypatch.setattr(mnist, "load", load)
    monkeypatch.setattr(overlaid, "VALIDATION", 15)
    return tmp_path / "data", reads


def test_the_cache_of_earlier_versions_is_still_good(small, own_cache):
    data_dir, _ = small
    multimnist.make(data_dir)
    (path,) = own_cache.iterdir()
    assert path.name == "multimnist.safetensors"
    with safe_open(path, framework="pt") as file:
        key = json.loads(file.metadata()["key"])
    assert key == {
        "source": fingerprint(data_dir),
        "seeds": [1, 11, 12, 13],
        "form": [6, 36, 28, 15],
    }


def test_built_once(small, own_cache):
    data_dir, reads = small
    first = multimnist.make(data_dir)
    assert [len(split) for split in first.splits().values()] == [45, 15, 20]
    assert reads == [True, False]
    second = multimnist.make(data_dir)
    assert reads == [True, False]
    assert second.checksums() == first.checksums()
    assert second.prepare.means == first.prepare.means


def test_built_again_when_a_file_changes(small):
    data_dir, reads = small
    multimnist.make(data_dir)
    os.utime(folder(data_dir) / "train-images-idx3-ubyte", ns=(5, 5))
    multimnist.make(data_dir)
    assert len(reads) == 4


def test_built_again_when_the_cache_is_damaged(small, own_cache):
    data_dir, reads = small
    checksums = multimnist.make(data_dir).checksums()
    (path,) = own_cache.iterdir()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    assert multimnist.make(data_dir).checksums() == checksums
    assert len(reads) == 4
    multimnist.make(data_dir)
    assert len(reads) == 4


def test_built_without_a_cache(small, monkeypatch, tmp_path):
    data_dir, _ = small
    (tmp_path / "file").touch()
    monkeypatch.setenv("PARETOCLI_CACHE", str(tmp_path / "file"))
    assert len(multimnist.make(data_dir).train) == 45


def test_the_real_digits(mnist_dir, own_cache):
    problem = multimnist.make(mnist_dir)
    assert {name: found[:8] for name, found in problem.checksums().items()} == {
        "train": "97a5b7a7",
        "val": "044b54ae",
        "test": "220022b8",
    }
    training, test = mnist.load(mnist_dir, train=True), mnist.load(mnist_dir, train=False)
    order = np.random.default_rng(overlaid.SPLIT_SEED).permutation(60_000)
    parts = {
        "train": (training, order[10_000:]),
        "val": (training, order[:10_000]),
        "test": (test, np.arange(10_000)),
    }
    for name, (digits, rows) in parts.items():
        split = problem.splits()[name]
        assert split.inputs.dtype == torch.uint8
        assert split.inputs.shape == (len(rows), 1, 28, 28)
        partners = np.random.default_rng(overlaid.PARTNER_SEEDS[name]).permutation(len(rows))
        np.testing.assert_array_equal(split.targets[0], digits.labels[rows])
        np.testing.assert_array_equal(split.targets[1], digits.labels[rows[partners]])
        for i in (0, len(rows) // 2, len(rows) - 1):
            sheet = np.zeros((36, 36), dtype=np.uint8)
            sheet[:28, :28] = digits.images[rows[i]]
            sheet[6:34, 6:34] = np.maximum(
                sheet[6:34, 6:34], digits.images[rows[partners[i]]].numpy()
            )
            shrunk = Image.fromarray(sheet).resize((28, 28), Image.Resampling.BILINEAR)
            difference = split.inputs[i, 0].numpy().astype(int) - np.asarray(shrunk)
            assert np.abs(difference).max() <= 1
    prepared = problem.prepare(problem.train.inputs)
    assert prepared.mean().item() == pytest.approx(0, abs=1e-3)
    assert prepared.std().item() == pytest.approx(1, abs=1e-3)

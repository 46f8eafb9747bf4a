import os
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from torch import nn

from paretocli.networks.building import build_network, network_names
from paretocli.population.population import Population
from paretocli.problems import cifar10mnist, mnist
from paretocli.problems.catalogue import BUILT_IN
from paretocli.problems.classification import classification
from paretocli.problems.mnist_files import FILES, folder
from tests.program import paretocli
from tests.toys import CPU

STUDY = Path(__file__).parents[2] / "examples" / "cifar10mnist_sparsity.toml"


def small_digits(train):
    rng = np.random.default_rng(train)
    count = 40 if train else 20
    images = rng.integers(0, 256, size=(count, 28, 28), dtype=np.uint8)
    return mnist.Digits(torch.from_numpy(images), torch.from_numpy(rng.integers(0, 10, count)))


@pytest.fixture
def small(class_folders, monkeypatch, own_cache):
    """Class folders of 30 and 10 images, 40 and 20 random digits; counts the reads of these."""
    raw = folder(class_folders)
    raw.mkdir(parents=True)
    for name, size in FILES.items():
        with (raw / name).open("wb") as file:
            file.truncate(size)
    reads = []

    def load(data_dir, *, train):
        reads.append(train)
        return small_digits(train)

    monkeypatch.setattr(mnist, "load", load)
    monkeypatch.setattr(cifar10mnist, "VALIDATION", 6)
    return class_folders, reads


def test_digits_lie_on_shuffled_images(small, in_form):
    data_dir, _ = small
    pictures = {}
    for split in ("train", "test"):
        root = data_dir / "cifar10" / split
        classes = sorted(path.name for path in root.iterdir())
        pictures[split] = [
            (np.asarray(Image.open(path)), label)
            for label, name in enumerate(classes)
            for path in sorted((root / name).iterdir())
        ]
    in_form(data_dir)
    problem = cifar10mnist.make(data_dir)
    parts = np.random.default_rng(cifar10mnist.SPLIT_SEED).permutation(30)
    rows = {"train": parts[6:], "val": parts[:6], "test": np.arange(10)}
    for name, split in problem.splits().items():
        half = "test" if name == "test" else "train"
        seed = getattr(cifar10mnist, f"{half.upper()}_SHUFFLE_SEED")
        order = np.random.default_rng(seed).permutation(len(pictures[half]))
        digits = small_digits(half == "train")
        assert split.inputs.shape == (len(rows[name]), 3, 32, 32)
        assert split.inputs.dtype == torch.uint8
        for i, row in enumerate(rows[name]):
            picture, label = pictures[half][order[row]]
            digit = Image.fromarray(digits.images[row].numpy())
            grown = np.asarray(digit.resize((32, 32), Image.Resampling.BILINEAR)).astype(float)
            expected = (picture.transpose(2, 0, 1) + grown) / 2
            assert np.abs(split.inputs[i].numpy() - expected).max() <= 1
            assert [target[i].item() for target in split.targets] == [label, digits.labels[row]]


def test_built_once(small, in_form):
    data_dir, reads = small
    root = in_form(data_dir)
    first = cifar10mnist.make(data_dir)
    assert [len(split) for split in first.splits().values()] == [24, 6, 10]
    assert reads == [True, False]
    second = cifar10mnist.make(data_dir)
    assert reads == [True, False]
    assert second.checksums() == first.checksums()
    assert second.prepare.means == first.prepare.means
    os.utime(root if root.is_file() else root / "test" / "hen" / "0000.png", ns=(5, 5))
    third = cifar10mnist.make(data_dir)
    assert len(reads) == 4
    assert third.checksums() == first.checksums()
    os.utime(folder(data_dir) / "train-images-idx3-ubyte", ns=(5, 5))
    cifar10mnist.make(data_dir)
    assert len(reads) == 6


def test_form(small):
    problem = cifar10mnist.make(small[0])
    assert problem.objectives == ("object", "digit")
    assert problem.metrics == ("accuracy_object", "accuracy_digit")
    assert problem.input_shape == (3, 32, 32)
    assert problem.defaults.network == "mdmtn"
    batch = problem.prepare(problem.train.inputs)
    np.testing.assert_allclose(batch.mean((0, 2, 3)), np.zeros(3), atol=1e-4)
    assert problem.augment(batch).shape == batch.shape
    assert not torch.allclose(problem.augment(batch), batch, atol=0.1)
    assert network_names(problem)[:3] == ("mdmtn", "hps", "mtan")
    for name in ("mdmtn", "hps"):
        outputs = build_network(name, problem, 0)(batch)
        assert [tuple(output.shape) for output in outputs] == [(24, 10), (24, 10)]


def test_the_real_images_and_their_study(cifar10_dir, own_cache, tmp_path):
    problem = cifar10mnist.make(cifar10_dir)
    entry = BUILT_IN["cifar10mnist"]
    assert problem.objectives == entry.tasks
    assert tuple(len(split) for split in problem.splits().values()) == entry.sizes
    objects, digits = (
        torch.cat([problem.train.targets[t], problem.val.targets[t]]) for t in range(2)
    )
    assert objects.bincount().tolist() == [5000] * 10
    assert problem.test.targets[0].bincount().tolist() == [1000] * 10
    labels = mnist.load(cifar10_dir, train=True).labels[:50_000]
    assert digits.bincount().tolist() == labels.bincount().tolist()
    test_labels = mnist.load(cifar10_dir, train=False).labels
    assert torch.equal(problem.test.targets[1], test_labels)
    # Neither class tells the other: each pair is about as frequent as chance has it.
    for split in problem.splits().values():
        objects, digits = split.targets
        pairs = Counter(zip(objects.tolist(), digits.tolist(), strict=True))
        for (a, b), found in pairs.items():
            expected = ((objects == a).sum() * (digits == b).sum() / len(split)).item()
            assert abs(found - expected) < 5 * expected**0.5
    batch = problem.prepare(problem.train.inputs)
    np.testing.assert_allclose(batch.mean((0, 2, 3)), np.zeros(3), atol=1e-3)
    np.testing.assert_allclose(batch.std((0, 2, 3)), np.ones(3), atol=1e-3)
    # The example, on what was made just now, for that takes seconds: one of its three points, with
    # a network that is evaluated fast.
    (tmp_path / "examples").mkdir()
    shutil.copy(STUDY, tmp_path / "examples")
    short = ("--network", "hps", "--train-samples", 256, "--epochs", 1, "--retrain-epochs", 0)
    one = ("--weights", "0.1,0.13,0.77", "--data-dir", cifar10_dir, "--quiet")
    done = paretocli("sweep", "--config", f"examples/{STUDY.name}", *short, *one, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    results = pd.read_csv(tmp_path / done.stdout.strip())
    assert list(results["weight_digit"]) == [0.77]
    assert 0 < results["accuracy_object_test"][0] < 1


# Networks


def test_layers():
    network = cifar10mnist.mdmtn()
    block = [(16, 3, 3, 3), (32, 16, 3, 3), (32, 32 * 6 * 6)]
    monitor = [(32, 3, 3, 3), (32, 32 * 15 * 15)]
    found = sorted(tuple(p.shape) for p in network.parameters() if p.dim() > 1)
    assert found == sorted([*block, *monitor, *monitor, (10, 32), (10, 32), (2, 2)])
    kinds = [nn.Conv2d, nn.MaxPool2d, nn.ReLU, nn.BatchNorm2d]
    features = [nn.Flatten, nn.Linear, nn.ReLU]
    assert [type(layer) for layer in network.shared] == [*kinds, *kinds, *features]
    for one in network.monitors:
        assert [type(layer) for layer in one] == [*kinds, *features]
    hps = cifar10mnist.hps()
    assert [type(layer) for layer in hps.shared] == [*kinds, *kinds, *features]
    shapes = [tuple(p.shape) for p in hps.parameters() if p.dim() > 1]
    assert shapes == [*block, (10, 32), (10, 32)]


@pytest.mark.parametrize("make", [cifar10mnist.mdmtn, cifar10mnist.hps])
def test_batch_norm_in_a_population_is_that_of_the_networks(make):
    """Three networks that differ: all at once, in turn, and each of them by itself."""
    generator = torch.Generator().manual_seed(4)
    batches = [torch.randn(6, 3, 32, 32, generator=generator) for _ in range(2)]
    targets = [torch.randint(0, 10, (6,), generator=generator) for _ in range(2)]
    tasks = [classification("object", 10), classification("digit", 10)]
    members = []
    for seed in range(3):
        torch.manual_seed(seed)
        members.append(make())
    start = [network.state_dict() for network in members]
    stacked = {name: torch.stack([state[name] for state in start]) for name in start[0]}
    found = {}
    for at_once in (True, False):
        population = Population(make(), tasks, 3, device=CPU, stacked=at_once)
        population.load_state_dict(stacked)
        population.train()
        for batch in batches:
            population.measure(batch, targets)
        found[at_once] = population.buffers
    for k, network in enumerate(members):
        for batch in batches:
            network.train()(batch)
        buffers = dict(network.named_buffers())
        assert any(name.endswith("running_var") for name in buffers)
        for name, buffer in buffers.items():
            torch.testing.assert_close(found[True][name][k], buffer, atol=1e-5, rtol=1e-5)
            torch.testing.assert_close(found[False][name][k], buffer, atol=1e-5, rtol=1e-5)

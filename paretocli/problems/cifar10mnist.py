"""`cifar10mnist`: an MNIST digit shown half-transparently on a CIFAR-10 image."""

from pathlib import Path

import numpy as np
import torch
from torch import nn

from paretocli.core.description import Description
from paretocli.core.problem import Defaults, Problem, Samples, Split
from paretocli.networks.blocks import convolution, with_features
from paretocli.networks.hps import HardParameterSharing
from paretocli.networks.mdmtn import MDMTN
from paretocli.problems import cache, cifar10, cifar10_files, mnist, mnist_files
from paretocli.problems.classification import classification
from paretocli.problems.images import Normalise, RandomRotation, images_of
from paretocli.problems.overlay import blend

SPLIT_SEED = 2
TRAIN_SHUFFLE_SEED, TEST_SHUFFLE_SEED = 21, 22
VALIDATION = 10_000
DEGREES = 20
SHAPE, FEATURES, KERNEL = cifar10.SHAPE, 32, 3
OUTPUTS = (10, 10)


def make(data_dir: Path) -> Problem:
    """32 × 32 colour images: 40,000 for training, 10,000 each for validation and test.

    The tasks are the class of the object and that of the digit. Training and validation images are
    made from CIFAR-10's training images and the first 50,000 of MNIST's training digits, test
    images from the test images of both. The i-th digit lies on the i-th image after a shuffle of
    the images: some copies of CIFAR-10 come class by class, and neither task may give the other
    away. In training, images are rotated by up to 20° either way.

    Hotegni, Berkemeier and Peitz (2024).

    Args:
        data_dir: The folder that holds `MNIST/raw` and one of the forms of CIFAR-10 that
            `paretocli.problems.cifar10_files` names, or will hold them after the download.
    """
    mnist.ensure(data_dir)
    cifar10.ensure(data_dir)
    key = cache.key_of(
        digits=mnist_files.fingerprint(data_dir),
        pictures=cifar10_files.fingerprint(data_dir),
        seeds=[SPLIT_SEED, TRAIN_SHUFFLE_SEED, TEST_SHUFFLE_SEED],
        form=[SHAPE, VALIDATION],
    )
    splits = cache.load_or_none("cifar10mnist", key)
    if splits is None:
        splits = _build(data_dir)
        cache.store("cifar10mnist", key, splits)
    return Problem(
        name="cifar10mnist",
        tasks=[
            classification(name, count)
            for name, count in zip(("object", "digit"), OUTPUTS, strict=True)
        ],
        train=splits["train"],
        val=splits["val"],
        test=splits["test"],
        prepare=Normalise(images_of(splits["train"])),
        description=Description(
            [
                "The mean of a picture (red, green, blue) and of a digit resized to 32 × 32, white "
                "on black and the same in all channels, halves rounded up."
            ]
        ),
        augment=RandomRotation(DEGREES),
        networks={"mdmtn": mdmtn, "hps": hps},
        defaults=Defaults(
            network="mdmtn",
            points=10,
            epochs=20,
            batch_size=256,
            lr=2e-3,
            optimizer="adamw",
            weight_decay=0.2,
        ),
    )


def hps() -> HardParameterSharing:
    """Hard parameter sharing with the shared block of this problem's MDMTN."""
    return HardParameterSharing(_shared_block(), FEATURES, OUTPUTS)


def mdmtn() -> MDMTN:
    """The MDMTN that Hotegni, Berkemeier and Peitz (2024) have for this problem."""
    shared = _shared_block()
    return MDMTN(shared, [_monitor_block() for _ in OUTPUTS], FEATURES, OUTPUTS)


def _shared_block() -> nn.Sequential:
    first, second = convolution(3, 16, KERNEL, norm=True), convolution(16, 32, KERNEL, norm=True)
    return with_features([*first, *second], SHAPE, FEATURES)


def _monitor_block() -> nn.Sequential:
    return with_features(convolution(3, 32, KERNEL, norm=True), SHAPE, FEATURES)


def _build(data_dir: Path) -> dict[Split, Samples]:
    pictures = cifar10.load(data_dir)
    training_digits, test_digits = (mnist.load(data_dir, train=train) for train in (True, False))
    training = _blended(pictures["train"], training_digits, TRAIN_SHUFFLE_SEED)
    order = torch.from_numpy(np.random.default_rng(SPLIT_SEED).permutation(len(training)))
    return {
        "train": training.rows(order[VALIDATION:]),
        "val": training.rows(order[:VALIDATION]),
        "test": _blended(pictures["test"], test_digits, TEST_SHUFFLE_SEED),
    }


def _blended(pictures: cifar10.Pictures, digits: mnist.Digits, seed: int) -> Samples:
    count = len(pictures.images)
    order = torch.from_numpy(np.random.default_rng(seed).permutation(count))
    images = blend(pictures.images[order], digits.images[:count])
    return Samples(images, (pictures.labels[order], digits.labels[:count]))

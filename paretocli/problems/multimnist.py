"""`multimnist`: two MNIST digits overlaid, the standard problem of multi-task learning."""

from pathlib import Path

import numpy as np
import torch

from paretocli.problems import cache, mnist, mnist_files
from paretocli.problems.classification import classification
from paretocli.problems.images import Normalise
from paretocli.problems.overlay import overlay_pairs
from paretocli.problems.problem import Defaults, Problem, Samples, Split

SPLIT_SEED = 1
PARTNER_SEEDS: dict[Split, int] = {"train": 11, "val": 12, "test": 13}
VALIDATION = 10_000
SHIFT, CANVAS, SIZE = 6, 36, 28


def make(data_dir: Path) -> Problem:
    """28 × 28 images of two digits: 50,000 for training, 10,000 each for validation and test.

    Training and validation images are made from MNIST's training digits, test images from its
    test digits; pairs are formed within each split.

    Args:
        data_dir: The folder that holds `MNIST/raw`, or will hold it after the download.
    """
    mnist.ensure(data_dir)
    key = cache.key_of(
        source=mnist_files.fingerprint(data_dir),
        seeds=[SPLIT_SEED, *PARTNER_SEEDS.values()],
        form=[SHIFT, CANVAS, SIZE, VALIDATION],
    )
    splits = cache.load_or_none("multimnist", key)
    if splits is None:
        splits = _build(data_dir)
        cache.store("multimnist", key, splits)
    return Problem(
        name="multimnist",
        tasks=[classification("left", 10), classification("right", 10)],
        train=splits["train"],
        val=splits["val"],
        test=splits["test"],
        prepare=Normalise(splits["train"].inputs),
        defaults=Defaults(
            network="mdmtn",
            points=9,
            epochs=20,
            batch_size=256,
            lr=2e-3,
            optimizer="adamw",
            weight_decay=0.2,
        ),
    )


def _build(data_dir: Path) -> dict[Split, Samples]:
    training = mnist.load(data_dir, train=True)
    test = mnist.load(data_dir, train=False)
    order = np.random.default_rng(SPLIT_SEED).permutation(len(training.images))
    shuffled = torch.from_numpy(order)
    val_rows, train_rows = shuffled[:VALIDATION], shuffled[VALIDATION:]
    parts: dict[Split, mnist.Digits] = {
        "train": mnist.Digits(training.images[train_rows], training.labels[train_rows]),
        "val": mnist.Digits(training.images[val_rows], training.labels[val_rows]),
        "test": test,
    }
    return {
        split: overlay_pairs(
            digits.images,
            digits.labels,
            shift=SHIFT,
            canvas=CANVAS,
            size=SIZE,
            seed=PARTNER_SEEDS[split],
        )
        for split, digits in parts.items()
    }

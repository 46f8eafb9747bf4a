"""Problems of two images overlaid, one task for each: MultiMNIST and its like."""

from functools import partial
from pathlib import Path

import numpy as np
import torch

from paretocli.core.description import Description
from paretocli.core.problem import Defaults, Problem, Samples, Split
from paretocli.networks.lenet import LeNet
from paretocli.problems import cache, mnist, mnist_files
from paretocli.problems.classification import classification
from paretocli.problems.images import Normalise, images_of
from paretocli.problems.mnist import Digits
from paretocli.problems.overlay import overlay_pairs

SPLIT_SEED = 1
PARTNER_SEEDS: dict[Split, int] = {"train": 11, "val": 12, "test": 13}
VALIDATION = 10_000
SHIFT, CANVAS, SIZE = 6, 36, 28
CLASSES = 10


def overlaid(
    name: str, data_dir: Path, *, data: tuple[str, str], tasks: tuple[str, str]
) -> Problem:
    """28 × 28 images of two: 50,000 for training, 10,000 each for validation and test.

    Training and validation images are made from the sets' training images, test images from their
    test images; pairs are formed within each split.

    Args:
        name: The problem's name, also in the cache.
        data_dir: The folder that holds the data sets, or will hold them after the download.
        data: The data sets (keys of `mnist.DATA_SETS`) of the left and of the right image.
        tasks: Names of the tasks of the left and of the right image.
    """
    sets = tuple(dict.fromkeys(data))
    for one in sets:
        mnist.ensure(data_dir, one)
    key = cache.key_of(
        source=" ".join(mnist_files.fingerprint(data_dir, one) for one in sets),
        seeds=[SPLIT_SEED, *PARTNER_SEEDS.values()],
        form=[SHIFT, CANVAS, SIZE, VALIDATION],
    )
    splits = cache.load_or_none(name, key)
    if splits is None:
        splits = _build(data_dir, *data)
        cache.store(name, key, splits)
    return Problem(
        name=name,
        tasks=[classification(task, CLASSES) for task in tasks],
        train=splits["train"],
        val=splits["val"],
        test=splits["test"],
        prepare=Normalise(images_of(splits["train"])),
        networks={"lenet": partial(LeNet, (1, SIZE, SIZE), [CLASSES] * len(tasks))},
        description=Description(
            [
                f"{data[0]} lies at the upper left of a canvas of {CANVAS} × {CANVAS} pixels, "
                f"{data[1]} {SHIFT} pixels further down and to the right; the brighter of the two "
                f"shows, and the canvas is resized to {SIZE} × {SIZE}."
            ]
        ),
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


def _build(data_dir: Path, left: str, right: str) -> dict[Split, Samples]:
    left_parts = _parts(data_dir, left)
    right_parts = left_parts if right == left else _parts(data_dir, right)
    return {
        split: overlay_pairs(
            images.images,
            images.labels,
            right=(right_parts[split].images, right_parts[split].labels),
            shift=SHIFT,
            canvas=CANVAS,
            size=SIZE,
            seed=PARTNER_SEEDS[split],
        )
        for split, images in left_parts.items()
    }


def _parts(data_dir: Path, name: str) -> dict[Split, Digits]:
    training = mnist.load(data_dir, name, train=True)
    order = np.random.default_rng(SPLIT_SEED).permutation(len(training.images))
    shuffled = torch.from_numpy(order)
    val_rows, train_rows = shuffled[:VALIDATION], shuffled[VALIDATION:]
    return {
        "train": Digits(training.images[train_rows], training.labels[train_rows]),
        "val": Digits(training.images[val_rows], training.labels[val_rows]),
        "test": mnist.load(data_dir, name, train=False),
    }

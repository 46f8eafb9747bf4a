"""`multidigits`: two small handwritten digits overlaid. The data comes with scikit-learn."""

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

from paretocli.core.description import Description
from paretocli.core.problem import Defaults, Problem, Samples
from paretocli.problems.classification import classification
from paretocli.problems.images import Normalise, images_of
from paretocli.problems.overlay import overlay_pairs

SPLIT_SEED = 20231
PARTNER_SEEDS = range(100)
SHARES = {"train": 0.6, "val": 0.2, "test": 0.2}
# Each digit meets this many partners: there are but 1,797 digits, yet millions of pairs.
PARTNERS = {"train": 10, "val": 5, "test": 5}
DIGIT, SHIFT, CLASSES = 8, 4, 10
SIDE = DIGIT + SHIFT
INK_LEVELS = 16


class Narrow(nn.Module):
    """Hard parameter sharing through 32 and then 16 features: too few to serve both tasks fully.

    In a wide network the two tasks hardly compete: each weight finds nearly the same point.
    """

    def __init__(self) -> None:
        super().__init__()
        self.shared = nn.Sequential(
            nn.Flatten(), nn.Linear(SIDE**2, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU()
        )
        self.heads = nn.ModuleList(nn.Linear(16, CLASSES) for _ in range(2))

    def forward(self, inputs: Tensor) -> list[Tensor]:
        """Logits (B, 10) of the left and of the right digit, from images (B, 1, 12, 12)."""
        features = self.shared(inputs)
        return [head(features) for head in self.heads]


def make() -> Problem:
    """Two of the 8 × 8 digits of the UCI optical recognition set on a 12 × 12 canvas.

    The digits are split 60 : 20 : 20 first and paired within each split, so that no digit of the
    test images was seen in training.
    """
    digits = load_digits()
    levels = np.asarray(digits.images) * (255 / INK_LEVELS)
    images = torch.from_numpy(levels.round().astype(np.uint8))
    labels = torch.from_numpy(np.asarray(digits.target))
    order = torch.from_numpy(np.random.default_rng(SPLIT_SEED).permutation(len(images)))
    ends = [round(sum(list(SHARES.values())[: i + 1]) * len(order)) for i in range(len(SHARES))]
    parts = dict(zip(SHARES, torch.tensor_split(order, ends[:-1]), strict=True))
    splits = {
        name: _paired(images[part], labels[part], PARTNERS[name]) for name, part in parts.items()
    }
    return Problem(
        name="multidigits",
        tasks=[classification("left", CLASSES), classification("right", CLASSES)],
        train=splits["train"],
        val=splits["val"],
        test=splits["test"],
        prepare=Normalise(images_of(splits["train"])),
        description=Description(
            [
                f"Digits of {DIGIT} × {DIGIT} pixels, whose {INK_LEVELS} levels of ink became 255; "
                f"the left one lies at the upper left of {SIDE} × {SIDE} pixels, the right one "
                f"{SHIFT} further down and to the right, and the brighter of the two shows."
            ]
        ),
        networks={"narrow": Narrow},
        defaults=Defaults(network="narrow", points=9, epochs=20, batch_size=128, lr=5e-3),
    )


def _paired(images: Tensor, labels: Tensor, partners: int) -> Samples:
    rounds = [
        overlay_pairs(images, labels, shift=SHIFT, canvas=SIDE, size=SIDE, seed=seed)
        for seed in PARTNER_SEEDS[:partners]
    ]
    targets = zip(*(pairs.targets for pairs in rounds), strict=True)
    return Samples(
        torch.cat([images_of(pairs) for pairs in rounds]),
        tuple(torch.cat(task) for task in targets),
    )

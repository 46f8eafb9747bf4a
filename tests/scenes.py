"""Small scene data sets of random numbers."""

from pathlib import Path

import numpy as np

TRAIN, VAL = 7, 3
SIZE = (16, 20)


def random_scene(seed, size=SIZE):
    """One scene's arrays; a tenth of the pixels is unlabelled, another tenth has no depth."""
    rng = np.random.default_rng(seed)
    normal = rng.normal(size=(*size, 3))
    normal /= np.linalg.norm(normal, axis=2, keepdims=True)
    lost = rng.random((*size, 1)) < 0.1
    label = rng.integers(0, 13, size=size)
    return {
        "image": rng.random((*size, 3), dtype=np.float32),
        "label": np.where(rng.random(size) < 0.1, -1, label),
        "depth": np.where(lost, 0, rng.uniform(0.5, 5, size=(*size, 1))),
        "normal": np.where(lost, 0, normal),
    }


def write_scenes(root: Path, train=TRAIN, val=VAL, size=SIZE) -> Path:
    """Write scenes of random numbers in the layout of NYUv2; returns `root`."""
    for part, count in (("train", train), ("val", val)):
        for number in range(count):
            for kind, array in random_scene([part == "val", number], size).items():
                folder = root / part / kind
                folder.mkdir(parents=True, exist_ok=True)
                np.save(folder / f"{number}.npy", array)
    return root

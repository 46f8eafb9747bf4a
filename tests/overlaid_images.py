"""Small files of garments and digits, in the form that torchvision reads."""

import numpy as np

from paretocli.problems import mnist_files, overlaid

COUNTS = {"train": 40, "t10k": 12}


def write_idx(path, array):
    """The IDX form: two zero bytes, 8 for unsigned bytes, the number of sides, and the sides."""
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, dtype=">i4").tobytes()
    path.write_bytes(header + array.tobytes())


def write_images(folder, monkeypatch):
    """40 and 12 garments of shades below 100, and as many digits of shades from 100."""
    rng = np.random.default_rng(0)
    sizes = {}
    for name, shades in (("FashionMNIST", (0, 100)), ("MNIST", (100, 256))):
        raw = mnist_files.folder(folder, name)
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

import shutil
import zipfile

import numpy as np
import pytest
from PIL import Image

from paretocli.problems import cifar10_files

CLASSES = ("ant", "bee", "cat", "cat-fish", "dog", "eel", "fox", "gnu", "hen", "ibis")


@pytest.fixture
def class_folders(tmp_path, monkeypatch):
    """A data directory with 3 random training images and 1 test image in each class folder."""
    monkeypatch.setattr(cifar10_files, "COUNTS", {"train": 30, "test": 10})
    rng = np.random.default_rng(0)
    for split, count in (("train", 3), ("test", 1)):
        for name in CLASSES:
            folder = tmp_path / "data" / "cifar10" / split / name
            folder.mkdir(parents=True)
            for i in range(count):
                pixels = rng.integers(0, 256, size=(32, 32, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / f"{i:04}.png")
    return tmp_path / "data"


@pytest.fixture(params=["class folders", "zip"])
def in_form(request):
    """Turns the class folders of a data directory into the form under test; returns its path."""

    def turn(data_dir):
        folder = data_dir / "cifar10"
        if request.param == "class folders":
            return folder
        path = folder / "cifar10-jpeg.zip"
        with zipfile.ZipFile(path, "w") as zipped:
            for split in ("test", "train"):
                for file in sorted((folder / split).rglob("*"), reverse=True):
                    zipped.write(file, file.relative_to(folder))
                shutil.rmtree(folder / split, ignore_errors=True)
        return path

    return turn

"""The CIFAR-10 images, from whichever of their forms is there."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor
from torchvision.datasets import CIFAR10

from paretocli.errors import InputError
from paretocli.problems import cifar10_files
from paretocli.problems.download import download

SIDE = 32
SHAPE = (3, SIDE, SIDE)
FORMATS = ("JPEG", "PNG")
# What the disk, the zip and Pillow say of a file that is no image or a torn one
UNREADABLE = (OSError, EOFError, ValueError, RuntimeError, SyntaxError, BadZipFile, zlib.error)


@dataclass(frozen=True)
class Pictures:
    """Images uint8 (N, 3, 32, 32) and their classes (N,)."""

    images: Tensor
    labels: Tensor


def load(data_dir: Path) -> dict[str, Pictures]:
    """The training and the test images, as `train` and `test`; downloads them if it has to.

    Images in class folders come class by class, sorted by name; a class's label is its place in
    the alphabet, which is the label of the original data too.

    Raises:
        InputError: They are not there and cannot be downloaded, or a file is damaged.
    """
    ensure(data_dir)
    found = cifar10_files.damage(data_dir)
    if found:
        raise InputError(found)
    root = cifar10_files.find(data_dir)
    assert root is not None
    if root == cifar10_files.batches(data_dir):
        return {split: _from_batches(data_dir, split) for split in cifar10_files.COUNTS}
    with cifar10_files.reading(root) as read:
        return {
            split: _from_class_folders(root, classes, read)
            for split, classes in cifar10_files.images(root).items()
        }


def ensure(data_dir: Path) -> None:
    """Make sure that one of the forms is there, whole or not, downloading the data if need be."""
    if cifar10_files.find(data_dir) is not None:
        return
    download(
        CIFAR10,
        "CIFAR-10",
        data_dir,
        otherwise=f"put {cifar10_files.batches(data_dir).name}, "
        "cifar10/train and cifar10/test with class folders of images, or "
        f"{cifar10_files.archive(data_dir).relative_to(data_dir)} there, or name the folder that "
        "holds one of them with --data-dir",
    )


def _from_batches(data_dir: Path, split: str) -> Pictures:
    try:
        dataset = CIFAR10(str(data_dir), train=split == "train", download=False)
    except RuntimeError as error:
        raise InputError(
            f"A file in {cifar10_files.batches(data_dir)} is damaged: its checksum is not the one "
            "of CIFAR-10; delete the folder and get it again."
        ) from error
    return Pictures(_channels_first(dataset.data), torch.as_tensor(dataset.targets))


def _from_class_folders(
    root: Path, classes: dict[str, list[str]], read: Callable[[str], bytes]
) -> Pictures:
    members = [name for names in classes.values() for name in names]
    labels = [label for label, names in enumerate(classes.values()) for _ in names]
    pixels = np.empty((len(members), SIDE, SIDE, 3), dtype=np.uint8)
    for i, name in enumerate(members):
        try:
            pixels[i] = _decoded(read(name), f"{name} in {root}")
        except UNREADABLE as error:
            raise InputError(
                f"{name} in {root} cannot be read as an image: it is damaged; get CIFAR-10 again."
            ) from error
    return Pictures(_channels_first(pixels), torch.tensor(labels))


def _decoded(content: bytes, name: str) -> npt.NDArray[np.uint8]:
    """Pixels (32, 32, 3) of an image file."""
    with Image.open(BytesIO(content), formats=FORMATS) as image:
        if image.size != (SIDE, SIDE):
            width, height = image.size
            raise InputError(
                f"{name} has {width} × {height} pixels where {SIDE} × {SIDE} were expected; get "
                "CIFAR-10 again."
            )
        return np.asarray(image.convert("RGB"))


def _channels_first(pixels: npt.NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous()

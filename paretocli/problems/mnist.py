"""The MNIST digits, through torchvision."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torchvision.datasets import MNIST

from paretocli.errors import InputError
from paretocli.problems.download import download
from paretocli.problems.mnist_files import damage, folder, is_there


@dataclass(frozen=True)
class Digits:
    """Images uint8 (N, 28, 28) and their classes (N,)."""

    images: Tensor
    labels: Tensor


def load(data_dir: Path, *, train: bool) -> Digits:
    """The training or the test digits; downloads them where they are missing and it can.

    Raises:
        InputError: They are not there and cannot be downloaded, or a file is damaged.
    """
    ensure(data_dir)
    dataset = MNIST(str(data_dir), train=train, download=False)
    return Digits(dataset.data, torch.as_tensor(dataset.targets))


def ensure(data_dir: Path) -> None:
    """Make sure that the four files are there and whole, downloading them if need be."""
    _refuse_damage(data_dir)
    if is_there(data_dir):
        return
    try:
        download(
            MNIST,
            "MNIST",
            data_dir,
            otherwise=f"put its four files into {folder(data_dir)}, or name the folder that holds "
            "MNIST/raw with --data-dir",
        )
    except InputError:
        _remove_empty(folder(data_dir))
        raise
    _refuse_damage(data_dir)


def _remove_empty(folder: Path) -> None:
    """Remove the empty folders that a failed download leaves, up to the data directory."""
    for path in (folder, folder.parent):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def _refuse_damage(data_dir: Path) -> None:
    found = damage(data_dir)
    if found:
        raise InputError(found)

"""The MNIST digits, and data sets in the same form, through torchvision."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torchvision.datasets import MNIST, FashionMNIST

from paretocli.errors import InputError
from paretocli.problems.download import download
from paretocli.problems.mnist_files import damage, folder, is_there

# Torchvision's classes by their names, which are also the folders below a data directory
DATA_SETS: dict[str, Callable[..., Any]] = {"MNIST": MNIST, "FashionMNIST": FashionMNIST}


@dataclass(frozen=True)
class Digits:
    """Images uint8 (N, 28, 28) and their classes (N,)."""

    images: Tensor
    labels: Tensor


def load(data_dir: Path, name: str = "MNIST", *, train: bool) -> Digits:
    """The training or the test images; downloads them where they are missing and it can.

    Raises:
        InputError: They are not there and cannot be downloaded, or a file is damaged.
    """
    ensure(data_dir, name)
    dataset = DATA_SETS[name](str(data_dir), train=train, download=False)
    return Digits(dataset.data, torch.as_tensor(dataset.targets))


def ensure(data_dir: Path, name: str = "MNIST") -> None:
    """Make sure that the four files are there and whole, downloading them if need be."""
    _refuse_damage(data_dir, name)
    if is_there(data_dir, name):
        return
    try:
        download(
            DATA_SETS[name],
            name,
            data_dir,
            otherwise=f"put its four files into {folder(data_dir, name)}, or name the folder that "
            f"holds {name}/raw with --data-dir",
        )
    except InputError:
        _remove_empty(folder(data_dir, name))
        raise
    _refuse_damage(data_dir, name)


def _remove_empty(folder: Path) -> None:
    """Remove the empty folders that a failed download leaves, up to the data directory."""
    for path in (folder, folder.parent):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def _refuse_damage(data_dir: Path, name: str) -> None:
    found = damage(data_dir, name)
    if found:
        raise InputError(found)

"""The files of MNIST: whether they are there and whole. Needs no torch.

Other data sets, such as FashionMNIST, have files of the same names and sizes in folders of their
own.
"""

from pathlib import Path

FILES = {
    "train-images-idx3-ubyte": 16 + 60_000 * 28 * 28,
    "train-labels-idx1-ubyte": 8 + 60_000,
    "t10k-images-idx3-ubyte": 16 + 10_000 * 28 * 28,
    "t10k-labels-idx1-ubyte": 8 + 10_000,
}


def is_there(data_dir: Path, name: str = "MNIST") -> bool:
    """Whether the four files lie in `data_dir`, whole."""
    whole = not damage(data_dir, name)
    return whole and all((folder(data_dir, name) / file).is_file() for file in FILES)


def fingerprint(data_dir: Path, name: str = "MNIST") -> str:
    """Changes when a file does: sizes and modification times."""
    stats = [(folder(data_dir, name) / file).stat() for file in FILES]
    return " ".join(f"{stat.st_size}:{stat.st_mtime_ns}" for stat in stats)


def damage(data_dir: Path, name: str = "MNIST") -> str | None:
    """What is wrong with a file that is there, in a sentence, or None."""
    for file, size in FILES.items():
        path = folder(data_dir, name) / file
        if path.is_file() and path.stat().st_size != size:
            return (
                f"{path} has {path.stat().st_size} bytes where {size} were expected: it is cut or "
                "damaged; delete it and get it again."
            )
    return None


def folder(data_dir: Path, name: str = "MNIST") -> Path:
    """Where torchvision keeps the files below a data directory."""
    return data_dir / name / "raw"

"""The files of MNIST: whether they are there and whole. Needs no torch."""

from pathlib import Path

FILES = {
    "train-images-idx3-ubyte": 16 + 60_000 * 28 * 28,
    "train-labels-idx1-ubyte": 8 + 60_000,
    "t10k-images-idx3-ubyte": 16 + 10_000 * 28 * 28,
    "t10k-labels-idx1-ubyte": 8 + 10_000,
}


def is_there(data_dir: Path) -> bool:
    """Whether the four files lie in `data_dir`, whole."""
    return not damage(data_dir) and all(_file(data_dir, name).is_file() for name in FILES)


def fingerprint(data_dir: Path) -> str:
    """Changes when a file does: sizes and modification times."""
    stats = [_file(data_dir, name).stat() for name in FILES]
    return " ".join(f"{stat.st_size}:{stat.st_mtime_ns}" for stat in stats)


def damage(data_dir: Path) -> str | None:
    """What is wrong with a file that is there, in a sentence, or None."""
    for name, size in FILES.items():
        path = _file(data_dir, name)
        if path.is_file() and path.stat().st_size != size:
            return (
                f"{path} has {path.stat().st_size} bytes where {size} were expected: it is cut or "
                "damaged; delete it and get it again."
            )
    return None


def folder(data_dir: Path) -> Path:
    """Where torchvision keeps the files below a data directory."""
    return data_dir / "MNIST" / "raw"


def _file(data_dir: Path, name: str) -> Path:
    return folder(data_dir) / name

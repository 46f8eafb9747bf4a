"""The files of CIFAR-10: which of their forms is there, and whether it is whole. Needs no torch.

Three forms are known. In a data directory, they are looked for in this order:

    cifar-10-batches-py/               the pickles that torchvision downloads
    cifar10/{train,test}/<class>/      JPEG or PNG files in class folders
    cifar10/cifar10-jpeg.zip           the same class folders in a zip
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import BadZipFile, ZipFile

BATCHES = {
    "data_batch_1": 31_035_704,
    "data_batch_2": 31_035_320,
    "data_batch_3": 31_035_999,
    "data_batch_4": 31_035_696,
    "data_batch_5": 31_035_623,
    "test_batch": 31_035_526,
    "batches.meta": 158,
}
CLASSES = 10
COUNTS = {"train": 50_000, "test": 10_000}
SUFFIXES = (".jpg", ".jpeg", ".png")

# Names of images, as in train/cat/0001.jpg, by split and class
Names = dict[str, dict[str, list[str]]]


def batches(data_dir: Path) -> Path:
    """Where torchvision keeps its files below a data directory."""
    return data_dir / "cifar-10-batches-py"


def class_folders(data_dir: Path) -> Path:
    """The folder whose `train` and `test` hold the class folders."""
    return data_dir / "cifar10"


def archive(data_dir: Path) -> Path:
    """The zip that holds class folders."""
    return class_folders(data_dir) / "cifar10-jpeg.zip"


def find(data_dir: Path) -> Path | None:
    """The first form that is there, whole or not: one of the three paths above."""
    if all((batches(data_dir) / name).is_file() for name in BATCHES):
        return batches(data_dir)
    if any((class_folders(data_dir) / split).is_dir() for split in COUNTS):
        return class_folders(data_dir)
    return archive(data_dir) if archive(data_dir).is_file() else None


def is_there(data_dir: Path) -> bool:
    """Whether one of the forms lies in `data_dir`, whole as far as names and sizes tell."""
    return find(data_dir) is not None and damage(data_dir) is None


def fingerprint(data_dir: Path) -> str:
    """Changes when a file does, or when another form is found: names, sizes, modification times."""
    root = find(data_dir)
    assert root is not None
    digest = hashlib.sha256(root.name.encode())
    for path in _files(data_dir, root):
        stat = path.stat()
        digest.update(f" {path.relative_to(root)}:{stat.st_size}:{stat.st_mtime_ns}".encode())
    return digest.hexdigest()


def damage(data_dir: Path) -> str | None:
    """What is wrong with the form that is there, in a sentence, or None."""
    root = find(data_dir)
    if root is None:
        return None
    if root == batches(data_dir):
        return _damaged_batch(root)
    try:
        found = images(root)
    except (BadZipFile, OSError, ValueError, NotImplementedError) as error:
        return f"{root} cannot be read ({error}): it is cut or damaged; delete it and get it again."
    wrong = _wrong_classes(found) or _wrong_counts(found)
    return wrong and f"{root} {wrong}; it is incomplete or changed: get CIFAR-10 again."


def images(root: Path) -> Names:
    """The images in class folders, below a folder or in a zip, sorted by class and name."""
    found: dict[str, dict[str, list[str]]] = {split: {} for split in COUNTS}
    for name in sorted(_below(root) if root.is_dir() else _inside(root)):
        split, _, rest = name.partition("/")
        kind, slash, file = rest.partition("/")
        if split not in found or not slash or kind.startswith("."):
            continue
        members = found[split].setdefault(kind, [])
        if file.lower().endswith(SUFFIXES) and "/" not in file and not file.startswith("."):
            members.append(name)
    return {split: dict(sorted(classes.items())) for split, classes in found.items()}


@contextmanager
def reading(root: Path) -> Iterator[Callable[[str], bytes]]:
    """Gives the function that reads an image by its name, from a folder or out of a zip."""
    if root.is_dir():
        yield lambda name: (root / name).read_bytes()
    else:
        with ZipFile(root) as zipped:
            yield zipped.read


def _below(root: Path) -> Iterator[str]:
    """Files and folders below a folder as a zip would list them: folders end in a slash."""
    for split in COUNTS:
        for folder in (root / split).glob("*/"):
            yield f"{split}/{folder.name}/"
            yield from (f"{split}/{folder.name}/{file.name}" for file in folder.iterdir())


def _inside(root: Path) -> list[str]:
    with ZipFile(root) as zipped:
        return zipped.namelist()


def _files(data_dir: Path, root: Path) -> list[Path]:
    if root == batches(data_dir):
        return [root / name for name in BATCHES]
    if root.is_file():
        return [root]
    classes = [names for split in images(root).values() for names in split.values()]
    return [root / name for names in classes for name in names]


def _damaged_batch(root: Path) -> str | None:
    for name, expected in BATCHES.items():
        size = (root / name).stat().st_size
        if size != expected:
            return (
                f"{root / name} has {size} bytes where {expected} were expected: it is cut or "
                "damaged; delete it and get it again."
            )
    return None


def _wrong_classes(found: Names) -> str | None:
    for split, other in (("train", "test"), ("test", "train")):
        missing = [f"{split}/{name}" for name in found[other] if name not in found[split]]
        if missing:
            return f"lacks {', '.join(missing)}, where {other} and {split} should hold the same"
    number = len(found["train"])
    if number != CLASSES:
        return f"has {number} class folders in train and in test where {CLASSES} were expected"
    return None


def _wrong_counts(found: Names) -> str | None:
    for split, expected in COUNTS.items():
        for name, members in found[split].items():
            if not members:
                return f"has no images ({', '.join(SUFFIXES)}) in {split}/{name}"
        number = sum(len(members) for members in found[split].values())
        if number != expected:
            return f"has {number} images in {split} where {expected} were expected"
    return None

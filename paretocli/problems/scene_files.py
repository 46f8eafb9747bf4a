"""The files of a scene data set: finding them, their headers and their values. Needs no torch.

The layout is the one in which the field hands NYUv2 on: `train/` and `val/`, each with four folders
that hold one file a scene, numbered alike:

    image/N.npy    H × W × 3   colours from 0 to 1
    label/N.npy    H × W       classes 0 to 12, −1 where unlabelled
    depth/N.npy    H × W × 1   metres, 0 where invalid
    normal/N.npy   H × W × 3   unit vectors, (0, 0, 0) where invalid

Numbers may be of any precision. All images have the same size.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from paretocli.errors import InputError

PARTS = ("train", "val")
CLASSES = 13
UNLABELLED = -1

Array = npt.NDArray[np.generic]
Size = tuple[int, int]


@dataclass(frozen=True)
class Kind:
    """One of the four folders.

    Attributes:
        types: Kinds of numbers in it, by numpy's letters.
        channels: The last axis of its arrays (H, W, …), none for labels.
        meaning: What the numbers are.
    """

    types: str
    channels: tuple[int, ...]
    meaning: str


KINDS = {
    "image": Kind("f", (3,), "colours from 0 to 1"),
    "label": Kind("iuf", (), f"classes from 0 to {CLASSES - 1}, {UNLABELLED} where unlabelled"),
    "depth": Kind("f", (1,), "metres, 0 where invalid"),
    "normal": Kind("f", (3,), "unit vectors, 0 where invalid"),
}


@dataclass(frozen=True)
class Part:
    """The scenes of `train/` or `val/`.

    Attributes:
        folder: That folder.
        numbers: The scenes, by the names of their files without `.npy`.
        size: (H, W) of all images.
    """

    folder: Path
    numbers: tuple[str, ...]
    size: Size

    def file(self, kind: str, number: str) -> Path:
        """The file of a scene in the folder `kind`."""
        return self.folder / kind / f"{number}.npy"


def is_there(root: Path) -> bool:
    """Whether both parts have their four folders, none of them empty."""
    return all(any(_files(root / part / kind)) for part in PARTS for kind in KINDS)


def find(root: Path) -> tuple[Part, Part]:
    """The parts `train` and `val`, once all names and headers were found right.

    No values are read; `check_values` is for them.

    Raises:
        InputError: A folder is missing or empty, scenes are not numbered alike, or a file is no
            .npy, is cut, or has a wrong type or shape.
    """
    train, val = (_part(root / part) for part in PARTS)
    if train.size != val.size:
        raise InputError(
            f"The images in {train.folder} have {_pixels(train.size)} pixels and those in "
            f"{val.folder} {_pixels(val.size)}; bring all to one size."
        )
    return train, val


def read(path: Path) -> Array:
    """A file's array, memory-mapped: only what is used is read.

    Raises:
        InputError: It is not there, is no .npy file, or is cut.
    """
    try:
        # Takes .npy files alone: no archives, and no pickles, which would run code.
        return np.lib.format.open_memmap(path, mode="r")
    except FileNotFoundError:
        raise InputError(
            f"There is no file {path} on this machine; put it back, and on a cluster, have the "
            "scenes at this path on every machine."
        ) from None
    except (OSError, ValueError, EOFError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise InputError(
            f"{path} cannot be read as an array in numpy's .npy format ({reason}); it is cut, "
            "damaged or something else: get or write it again."
        ) from error


def check_values(kind: str, path: Path, values: Array) -> None:
    """Refuse a file's values that mean nothing.

    Raises:
        InputError: A number is not finite, or a label is no class.
    """
    meaning = KINDS[kind].meaning
    if not np.isfinite(values).all():
        raise InputError(
            f"{path} holds numbers that are not finite where finite ones were expected "
            f"({meaning}); mend it, or leave the scene out."
        )
    if kind == "label" and not np.isin(values, range(UNLABELLED, CLASSES)).all():
        raise InputError(
            f"{path} holds labels from {values.min()} to {values.max()} where whole numbers were "
            f"expected ({meaning}); map its labels to these."
        )


def _part(folder: Path) -> Part:
    numbers = _numbers(folder)
    size = _size("image", folder / "image" / f"{numbers[0]}.npy")
    part = Part(folder, numbers, size)
    for kind in KINDS:
        for number in numbers:
            path = part.file(kind, number)
            found = _size(kind, path)
            if found != size:
                raise InputError(
                    f"{path} has {_pixels(found)} pixels where {_pixels(size)} were expected, as "
                    f"in {part.file('image', numbers[0])}; bring all to one size."
                )
    return part


def _numbers(folder: Path) -> tuple[str, ...]:
    """The numbers of a part's scenes, once they were found to be the same in all four folders."""
    found = {kind: {path.stem for path in _files(folder / kind)} for kind in KINDS}
    for kind, names in found.items():
        if not names:
            raise InputError(
                f"{folder / kind} is missing or holds no .npy files; it should hold a file N.npy "
                f"for each scene N, as should {', '.join(KINDS)} beside each other."
            )
        stranger = next((name for name in sorted(names) if not name.isdecimal()), None)
        if stranger is not None:
            raise InputError(
                f"{folder / kind / stranger}.npy should have a number for its name, as in 0.npy; "
                "rename it or move it elsewhere."
            )
    for kind, names in found.items():
        missing = sorted(set().union(*found.values()) - names, key=int)
        if missing:
            raise InputError(
                f"{folder / kind / missing[0]}.npy is missing, though scene {missing[0]} has "
                f"other files ({len(missing)} missing in that folder); each scene needs a file in "
                f"each of {', '.join(KINDS)}."
            )
    return tuple(sorted(found["image"], key=lambda name: (int(name), name)))


def _size(kind: str, path: Path) -> Size:
    """(H, W) of a file whose type and channels were found right."""
    array = read(path)
    expected = KINDS[kind]
    if array.dtype.kind not in expected.types:
        wanted = "floating-point numbers" if expected.types == "f" else "numbers"
        raise InputError(
            f"{path} holds {array.dtype} where {wanted} were expected ({expected.meaning}); "
            "convert it."
        )
    height, width = (*array.shape, 0, 0)[:2]
    if array.shape != (height, width, *expected.channels) or not array.size:
        wanted = " × ".join(["H", "W", *map(str, expected.channels)])
        raise InputError(
            f"{path} has the shape {array.shape} where {wanted} was expected "
            f"({expected.meaning}); reshape it."
        )
    return height, width


def _files(folder: Path) -> list[Path]:
    """A folder's .npy files, without hidden ones that some systems leave."""
    return [path for path in folder.glob("*.npy") if not path.name.startswith(".")]


def _pixels(size: Size) -> str:
    return f"{size[0]} × {size[1]}"

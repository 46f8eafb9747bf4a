"""Image files of a folder: finding them, and reading them as arrays. Needs no torch."""

import os
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TypeVar

import joblib
import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, ImageOps

from paretocli.errors import InputError

ENDINGS = (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
GREY = frozenset({"1", "L", "LA", "La"})
DEEP = ("I", "F")  # how the modes begin that have more than 8 bits a channel
CAMERAS = frozenset({"JPEG", "MPO"})  # of these a tag says which side is up
SIDEWAYS = range(5, 9)  # values of that tag by which width and height are exchanged
MOST_THREADS = 8
# What the disk and Pillow say of a file that is no image, or a torn one
UNREADABLE = (
    *(OSError, EOFError, ValueError, RuntimeError, SyntaxError, TypeError, zlib.error),
    *(struct.error, Image.DecompressionBombError),
)

Pixels = npt.NDArray[np.uint8]
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Header:
    """What a file says of its image.

    Attributes:
        size: Height and width as it is looked at.
        grey: Whether it has no colours.
    """

    size: tuple[int, int]
    grey: bool


@dataclass(frozen=True)
class Form:
    """What images are brought to.

    Attributes:
        size: Height and width.
        grey: Whether to one channel, and not to red, green and blue.
        resized: Whether some have another size.
    """

    size: tuple[int, int]
    grey: bool
    resized: bool

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, H, W)."""
        return (1 if self.grey else 3, *self.size)


def images_below(folder: Path) -> list[str]:
    """The image files of a folder and of those in it, by their paths from there, in order.

    By their endings; hidden ones are left out.

    Raises:
        InputError: There is no such folder, or no image in it.
    """
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}; name one that holds images.")
    found = []
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        below = Path(place).relative_to(folder)
        found += [
            (below / name).as_posix()
            for name in files
            if name.lower().endswith(ENDINGS) and not name.startswith(".")
        ]
    if not found:
        raise InputError(
            f"{folder} holds no images; files ending in {', '.join(ENDINGS)} were expected."
        )
    return sorted(found)


def header(path: Path) -> Header:
    """What a file says of its image, without decoding it.

    Raises:
        InputError: It is no image, or one with more than 8 bits a channel.
    """
    try:
        with Image.open(path, formats=FORMATS) as image:
            width, height = image.size
            mode = image.mode
            turned = image.format in CAMERAS and image.getexif().get(ExifTags.Base.Orientation)
    except UNREADABLE as error:
        raise _unreadable(path, error) from error
    if mode.startswith(DEEP):
        raise InputError(
            f"{path} has more than 8 bits a channel (Pillow's mode {mode}); convert it to 8 bits."
        )
    size = (width, height) if turned in SIDEWAYS else (height, width)
    return Header(size, mode in GREY)


def content_of(path: Path) -> bytes:
    """A file's bytes.

    Raises:
        InputError: It cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror}); put it back, and on a cluster, have the "
            "images at this path on every machine."
        ) from error


def decoded(content: bytes, path: Path, form: Form) -> Pixels:
    """The pixels (C, H, W) of an image, upright, resized bilinearly where its size is another.

    What is transparent is drawn as if it were not.

    Args:
        content: The file's.
        path: The file, for the message.
        form: What it is brought to.

    Raises:
        InputError: It is no image, or a torn one.
    """
    height, width = form.size
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as image:
            if form.resized:  # a large JPEG need not be decoded in all its size
                image.draft(None, (2 * max(form.size), 2 * max(form.size)))
            upright = ImageOps.exif_transpose(image) if image.format in CAMERAS else image
            plain = upright.convert("L" if form.grey else "RGB")
            if plain.size != (width, height):
                plain = plain.resize((width, height), Image.Resampling.BILINEAR)
            pixels = np.asarray(plain)
    except UNREADABLE as error:
        raise _unreadable(path, error) from error
    return pixels[None] if form.grey else pixels.transpose(2, 0, 1)


def each(function: Callable[[T], R], values: Iterable[T]) -> Iterator[R]:
    """A function of each value, in order; several at a time, as Pillow decodes without Python."""
    return _pool(os.getpid()).map(function, values)


@cache
def _pool(process: int) -> ThreadPoolExecutor:
    """The threads of a process; one that was forked has none of those of the other."""
    return ThreadPoolExecutor(min(MOST_THREADS, joblib.cpu_count()))


def _unreadable(path: Path, error: BaseException) -> InputError:
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
    return InputError(
        f"{path} cannot be read as an image ({reason}); get it again, or take it out of the folder "
        "and its row out of the table."
    )

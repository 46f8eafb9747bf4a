"""Small folders of images with a table of labels, drawn for tests."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

SIDE = 8


def draw_folder(
    place: Path, *, count: int = 40, mode: str = "RGB", side: int = SIDE, **columns: list[object]
) -> tuple[Path, Path]:
    """Write `photos` and `labels.csv`: half of the images dark, half of them bright, as PNG.

    Args:
        place: The folder of both.
        count: How many.
        mode: Pillow's.
        side: Pixels.
        columns: Of the table, beside `file`, `shade` (a class), `level` (a number).
    """
    folder = place / "photos"
    (folder / "more").mkdir(parents=True)
    rng = np.random.default_rng(0)
    rows: list[Mapping[str, object]] = []
    for number in range(count):
        level = rng.integers(0, 100) + 150 * (number % 2)
        shape = (side, side, 3) if mode == "RGB" else (side, side)
        pixels = np.full(shape, level) + rng.integers(0, 5, shape)
        name = f"{'more/' if number % 3 == 0 else ''}{number:02d}.png"
        Image.fromarray(pixels.astype(np.uint8), mode=mode).save(folder / name)
        shade = ("dark", "bright")[number % 2]
        rows.append({"file": name, "shade": shade, "level": level / 255})
    labels = place / "labels.csv"
    pd.DataFrame(rows).assign(**columns).to_csv(labels, index=False)
    return folder, labels

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.axis import Axis as MplAxis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from paretocli.front.results import Results, read_results

Maker = Callable[..., Results]


@pytest.fixture
def legible() -> Callable[[Figure], list[str]]:
    """Check that every text lies on the page and that no two touch; give the texts.

    Texts in space are turned, and not measured.
    """

    def legible(figure: Figure) -> list[str]:
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        renderer = canvas.get_renderer()
        texts = [
            text
            for axes in figure.axes
            if axes.name != "3d"
            for text in [
                *axes.texts,
                axes.title,
                *shown_labels(axes.xaxis),
                *shown_labels(axes.yaxis),
                *(axes.get_legend().get_texts() if axes.get_legend() else ()),
            ]
            if text.get_visible() and text.get_text().strip()
        ]
        texts += [text for legend in figure.legends for text in legend.get_texts()]
        boxes = [text.get_window_extent(renderer) for text in texts]
        page = figure.bbox
        for text, box in zip(texts, boxes, strict=True):
            assert page.x0 <= box.x0 <= box.x1 <= page.x1, text.get_text()
            assert page.y0 <= box.y0 <= box.y1 <= page.y1, text.get_text()
        for (a, one), (b, two) in itertools.combinations(zip(texts, boxes, strict=True), 2):
            width = min(one.x1, two.x1) - max(one.x0, two.x0)
            height = min(one.y1, two.y1) - max(one.y0, two.y0)
            assert width <= 1 or height <= 1, (a.get_text(), b.get_text())
        for legend in figure.legends:
            for axes in figure.axes:
                box = axes.get_window_extent(renderer)
                assert not legend.get_window_extent(renderer).overlaps(box)
        return [text.get_text() for text in texts]

    return legible


def shown_labels(axis: MplAxis) -> list[Text]:
    """Give the label of an axis, and those of its ticks that lie within its ends."""
    if not axis.get_visible():
        return []
    low, high = sorted(axis.get_view_interval())
    labels = axis.get_ticklabels()
    if not labels:  # hidden beside axes that share them
        return [axis.label]
    ticks = zip(axis.get_ticklocs(), labels, strict=True)
    return [axis.label, *(text for place, text in ticks if low <= place <= high)]


@pytest.fixture
def make(tmp_path: Path) -> Maker:
    """Write a run directory and read it."""

    def make(
        losses: Sequence[Sequence[float]],
        name: str = "run",
        *,
        objectives: Sequence[str] = (),
        analytic: bool = False,
        **constants: object,
    ) -> Results:
        table = np.asarray(losses, dtype=float)
        names = list(objectives) or [f"f{j + 1}" for j in range(table.shape[1])]
        columns = {"problem": "toy", "solver": "chebyshev", "seed": 0} | constants
        frame = pd.DataFrame({"point": range(len(table)), "status": "done", **columns})
        for j, objective in enumerate(names):
            frame[f"weight_{objective}"] = 1 / len(names)
            for k, split in enumerate(("train", "val", "test")):
                frame[f"loss_{objective}_{split}"] = table[:, j] + (0 if analytic else k - 2)
        (tmp_path / name).mkdir()
        frame.to_csv(tmp_path / name / "results.csv", index=False)
        return read_results(tmp_path / name)

    return make

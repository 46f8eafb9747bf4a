"""How a run shows its progress in a notebook: a bar below the cell, redrawn in place."""

import sys
import time
from collections.abc import Sequence
from html import escape
from typing import Any

from paretocli.library.counting import Counter, hypervolume_text, point_text, points_text
from paretocli.options.config import SweepConfig
from paretocli.printable import printable
from paretocli.run_directory.history import HistoryLine
from paretocli.run_directory.point_record import PointRecord


def in_notebook() -> bool:
    """Whether this runs in a notebook, whose kernel brings IPython."""
    module = sys.modules.get("IPython")
    shell = None if module is None else module.get_ipython()
    return shell is not None and "IPKernelApp" in shell.config


SECONDS_BETWEEN = 0.2  # two looks at the epochs: each is a message to the page
MOST_LINES = 100  # of what was said


class Notebook:
    """A bar over all epochs of all points, and what was said, below it."""

    def __init__(self, config: SweepConfig) -> None:
        # Whoever runs in a notebook has it; nobody else needs it.
        from IPython.display import display

        self.counter = Counter(config)
        self.hypervolume = ""
        self.lines: list[str] = []
        self.what = "starting"
        self.shown = time.monotonic()
        self.handle: Any = display(self._content(), raw=True, display_id=True)

    def points_planned(self, points: Sequence[int], epochs: int) -> None:
        """Make the bar longer."""
        self.counter.plan(points, epochs)

    def points_there(self, points: Sequence[int]) -> None:
        """Count what an earlier run did."""
        self.counter.done(points)
        self._show("")

    def shard_resumed(self, points: tuple[int, ...], epoch: int) -> None:
        """Count what an earlier run did."""
        self.counter.reached(points, epoch)
        self._show(points_text(points))

    def epoch_finished(
        self, points: tuple[int, ...], lines: Sequence[HistoryLine], hypervolume: float | None
    ) -> None:
        """Move the bar by an epoch of all the shard's points."""
        epoch = lines[0]["epoch"]
        self.counter.reached(points, epoch)
        self.hypervolume = hypervolume_text(self.counter, hypervolume)
        self.what = f"{points_text(points)}: epoch {epoch}/{self.counter.planned[points[0]]}"
        if time.monotonic() - self.shown >= SECONDS_BETWEEN:
            self._show(self.what)

    def point_finished(self, record: PointRecord) -> None:
        """Leave a line."""
        self.counter.done([record["point"]])
        self.what = ""
        self.note(point_text(record))

    def note(self, text: str) -> None:
        """Leave a line."""
        self.lines.append(printable(text))
        self._show(self.what)

    def _show(self, what: str) -> None:
        self.what = what
        self.shown = time.monotonic()
        self.handle.update(self._content(), raw=True)

    def _content(self) -> dict[str, str]:
        """As a notebook shows it, and as text for a console, which shows no bars."""
        counter = self.counter
        reached, all_epochs = counter.epochs_done, counter.epochs_planned
        done = f"{len(counter.finished)}/{counter.points} points{self.hypervolume}"
        words = f"{self.what}, {done}" if self.what else done
        before = ["…"] if len(self.lines) > MOST_LINES else []
        said = "\n".join([*before, *self.lines[-MOST_LINES:]])
        return {
            "text/html": (
                f'<progress value="{reached}" max="{all_epochs}"></progress> {escape(words)}'
                f"<pre>{escape(said)}</pre>"
            ),
            "text/plain": f"{words}\n{said}",
        }

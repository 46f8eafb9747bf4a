"""A run directory in Python: its results, its front, its networks."""

import os
from collections.abc import Collection, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paretocli.directories import default_data_dir
from paretocli.errors import InputError
from paretocli.library.drawing import Better, draw_page
from paretocli.library.picture import Picture, checked_split, picture_of
from paretocli.library.picture_kinds import PICTURES, draw
from paretocli.library.points import point_number
from paretocli.run_directory.sweep_file import SweepFile, read_sweep_file

if TYPE_CHECKING:
    import pandas as pd
    from torch import nn

    from paretocli.core.problem import Problem
    from paretocli.exporting.export import Exported
    from paretocli.front.costs import ExchangeRates
    from paretocli.front.status import SweepStatus


class Run:
    """A sweep, or a single point, as its run directory holds it.

    Everything is read when it is asked for, so that a run that goes on elsewhere is seen as it is.

    Args:
        path: The run directory.
        problem: The problem, made or named, where networks are asked for and the directory names
            code in a file, or where the problem was made in Python.
        data_dir: The folder of data sets; without, that of the environment, or the user's cache.

    Raises:
        InputError: It is no run directory.
    """

    def __init__(
        self,
        path: str | Path,
        problem: "Problem | str | None" = None,
        data_dir: str | Path | None = None,
    ) -> None:
        self.path = Path(path)
        self._problem = problem
        self._data_dir = Path(data_dir or os.environ.get("PARETOCLI_DATA") or default_data_dir())
        self._sweep  # noqa: B018 - says at once that this is no run directory

    def __repr__(self) -> str:
        config = self.config
        names = ", ".join(str(config[name]) for name in ("problem", "solver") if name in config)
        return f"<Run {self.path}: {names}, {len(config['weights'])} points>"

    @cached_property
    def _sweep(self) -> SweepFile:
        return read_sweep_file(self.path)

    @property
    def config(self) -> dict[str, Any]:
        """What the sweep is: every option that changes results, as in `sweep.json`."""
        return dict(self._sweep.config)

    @property
    def objectives(self) -> tuple[str, ...]:
        """The names of its objectives."""
        return tuple(self.config["objectives"])

    @property
    def results(self) -> "pd.DataFrame":
        """`results.csv`: one row a point, failed ones too.

        Raises:
            InputError: There is none, or it cannot be read.
        """
        from paretocli.front.results import read_table

        return read_table(self.path / "results.csv")

    def front(self, on: str = "val") -> "pd.DataFrame":
        """The rows of the points that no other one beats in the losses of all objectives.

        Args:
            on: The split whose losses decide: `val`, `test` or `train`.

        Raises:
            InputError: No point is finished.
        """
        from paretocli.library.choosing import front_rows

        results, front = front_rows(self.path, checked_split(on))
        return results.frame.iloc[front]

    def select(
        self,
        where: str | Sequence[str] = (),
        *,
        knee: bool = False,
        closest_to: Sequence[float] | str | None = None,
        minimize: str | None = None,
        maximize: str | None = None,
        on: str = "val",
    ) -> "pd.Series[Any]":
        """One point of the front, by conditions and at most one rule.

        Args:
            where: What it has to fulfil, such as `"accuracy_left >= 0.97"`; one or several.
            knee: The point that bulges farthest to the ideal.
            closest_to: The point with the nearest weights.
            minimize: The point with the least of a column, such as `size`.
            maximize: The point with the most of a column.
            on: The split that decides where a name does not say so.

        Returns:
            Its row of `results`; its number is `int(row["point"])`.

        Raises:
            InputError: A condition makes no sense, nothing fulfils them, or no rule was given and
                there are several.
        """
        from paretocli.library.choosing import chosen_by, front_rows, matching, refuse_several

        rule: dict[str, Any] = {
            "knee": knee,
            "closest_to": closest_to,
            "minimize": minimize,
            "maximize": maximize,
        }
        refuse_several(rule)
        results, front = front_rows(self.path, checked_split(on))
        conditions = [where] if isinstance(where, str) else list(where)
        rows, _ = matching(results, front, conditions, on)
        row, _, _ = chosen_by(results, rows, on, **rule)
        return results.frame.iloc[row]

    def exchange_rates(self, point: "int | pd.Series[Any]", on: str = "val") -> "ExchangeRates":
        """What a step costs at a point of the front: the exchange rates between objectives.

        From the point's multipliers, where its certificate is good; metrics and sizes through
        their slopes over the training losses, fitted to the point and its neighbours on the front.

        Args:
            point: Its number, or its row of `results`.
            on: The split whose losses decide what the front is, and whose metrics are shown.

        Returns:
            Its `rates` and `steps`, which `print` shows; where there are none, `reason` says why.

        Raises:
            InputError: There is no such finished point.
        """
        from paretocli.front.exchange import Exchange
        from paretocli.library.choosing import front_rows, row_of

        results, front = front_rows(self.path, checked_split(on))
        return Exchange(results, front, on).at(row_of(results, point_number(point)))

    def network(self, point: "int | pd.Series[Any]") -> "nn.Module":
        """The network of a point, with its weights, in evaluation mode, on the CPU.

        Args:
            point: Its number, or its row of `results`.

        Raises:
            InputError: It is not finished, or the problem's code or data is not there or changed.
        """
        from paretocli.exporting.point import read_solved_point

        return read_solved_point(
            self.path,
            point_number(point),
            self._data_dir,
            problem=self._problem,
            consent=lambda file: False,
        ).network

    def export(
        self,
        point: "int | pd.Series[Any]",
        out: str | Path | None = None,
        formats: Sequence[str] = ("program",),
        threads: int = 1,
    ) -> "Exported":
        """Write the network of a point without its zero rows, and what fed them.

        Args:
            point: Its number, or its row of `results`.
            out: A new or empty folder; without, `export-<name of the directory>-<point>`.
            formats: What to write beside the Python module and its weights.
            threads: For latencies.

        Raises:
            InputError: As `network`, or the folder holds something.
            RunError: Some form of the network gives other outputs; nothing was written.
        """
        from paretocli.exporting.export import export_point
        from paretocli.exporting.formats import FORMATS, require_format
        from paretocli.exporting.point import read_solved_point
        from paretocli.registries import lookup
        from paretocli.training.machine import as_found, flush_denormals, set_up

        for name in formats:
            lookup(FORMATS, name, "format")
            require_format(name)
        number = point_number(point)
        folder = Path(out) if out else Path(f"export-{self.path.resolve().name}-{number}")
        with as_found():
            flush_denormals()
            set_up(threads, "fp32")
            solved = read_solved_point(
                self.path,
                number,
                self._data_dir,
                problem=self._problem,
                consent=lambda file: False,
            )
            return export_point(solved, folder, list(formats), threads)

    def plot(
        self,
        x: str | None = None,
        y: str | None = None,
        *,
        split: str | None = None,
        minimize: Collection[str] = (),
        maximize: Collection[str] = (),
        out: str | Path | None = None,
        title: str | None = None,
        **kind: Any,
    ) -> Picture:
        """Draw the front, or another picture, into a file.

        Args:
            x: Column for the x axis; with `y`, in place of the losses of all objectives.
            y: Column for the y axis.
            split: Whose losses or metrics; without, `test`, or `val` for the history.
            minimize: Columns that are better lower, where neither metric nor name says so.
            maximize: The same, better higher.
            out: The picture, as .png, .svg or .pdf; without, a name in the run directory.
            title: Its title.
            **kind: Another picture: `against="size"` (all tasks against a column), `layers=3` (what
                is left of the layers of a point) or `history=True` (how the hypervolume converged).

        Raises:
            InputError: A column is not there, or two kinds of pictures are asked for.
        """
        if unknown := sorted(set(kind) - set(PICTURES)):
            known = ", ".join(PICTURES)
            raise InputError(f"There is no picture named {unknown[0]!r}; choose one of {known}.")
        drawn = draw(
            [self.path],
            kind,
            x=x,
            y=y,
            split=split and checked_split(split),
            better={"minimize": set(minimize), "maximize": set(maximize)},
            out=Path(out) if out else None,
            title=title,
        )
        return picture_of(drawn)

    def page(
        self,
        out: str | Path = "front.html",
        *,
        split: str = "test",
        minimize: Collection[str] = (),
        maximize: Collection[str] = (),
        title: str | None = None,
    ) -> Path:
        """Write an interactive page of all columns, one file that works offline.

        Args:
            out: The file.
            split: Whose losses or metrics it shows first.
            minimize: Columns that are better lower, where neither metric nor name says so.
            maximize: The same, better higher.
            title: Its title.

        Raises:
            InputError: The extra html is not installed, or no point is finished.
        """
        better = Better(set(minimize), set(maximize))
        drawn = draw_page([self.path], None, checked_split(split), better, Path(out), title)
        return Path(drawn.report["page"])

    def status(self) -> "SweepStatus":
        """How far it is: the state of each point, the time left, and the best so far."""
        from paretocli.front.status import read_status

        return read_status(self.path)

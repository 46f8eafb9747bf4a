"""A run directory in Python, as it is read: its results, its front, a chosen point."""

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paretocli.directories import default_data_dir
from paretocli.library.picture import checked_split
from paretocli.library.points import point_number
from paretocli.run_directory.sweep_file import SweepFile, read_sweep_file

if TYPE_CHECKING:
    import pandas as pd

    from paretocli.core.problem import Problem
    from paretocli.front.costs import ExchangeRates
    from paretocli.front.status import SweepStatus


class RecordedRun:
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
        return f"<{type(self).__name__} {self.path}: {names}, {self._sweep.points} points>"

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
        from paretocli.front.selection import row_of
        from paretocli.library.choosing import front_rows

        results, front = front_rows(self.path, checked_split(on))
        return Exchange(results, front, on).at(row_of(results, point_number(point)))

    def status(self) -> "SweepStatus":
        """How far it is: the state of each point, the time left, and the best so far."""
        from paretocli.front.status import read_status

        return read_status(self.path)

"""Read the table of a sweep's points, or anybody's CSV."""

import difflib
import io
import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from paretocli.errors import InputError
from paretocli.front.measured import measure_first
from paretocli.run_directory.files import DamagedError, read_bytes

MOST_BYTES = 2**32
"""Of a table."""

_WEIGHT = "weight_"


@dataclass(frozen=True, eq=False)
class Results:
    """The finished points of one sweep.

    Attributes:
        path: the CSV file that was read.
        source: the name of the run directory, or of the file.
        frame: one row a finished point; the index is the row's position in the file, from 0.
        unfinished: the rows of points that the file lists as not finished, as in `frame`.
        objectives: from the `weight_<objective>` columns, in their order; empty without any.
    """

    path: Path
    source: str
    frame: pd.DataFrame
    unfinished: pd.DataFrame
    objectives: tuple[str, ...]

    @property
    def failed(self) -> int:
        """How many points the file lists as not finished."""
        return len(self.unfinished)

    @property
    def name(self) -> str:
        """What to call this sweep: its solver and problem, or else where it came from."""
        known = [self.constant("solver"), self.constant("problem")]
        return ", ".join(word for word in known if word) if all(known) else self.source

    def constant(self, column: str) -> str:
        """Give the value of a column that is the same in all rows, or an empty string."""
        if column not in self.frame.columns:
            return ""
        values = self.frame[column].dropna().unique()
        return str(values[0]) if len(values) == 1 else ""

    def values(self, columns: Sequence[str]) -> npt.NDArray[np.float64]:
        """Take columns as numbers.

        Args:
            columns: m names.

        Returns:
            (N, m), one row a finished point; an empty cell is NaN.

        Raises:
            InputError: a column is not there, or a cell of it is not a number.
        """
        return np.column_stack([self._numbers(column, self.frame) for column in columns])

    def total(self, column: str) -> float:
        """Sum a column over all points, finished or not; NaN where a cell is empty.

        Raises:
            InputError: the column is not there, or a cell of it is not a number.
        """
        return float(sum(self._numbers(column, f).sum() for f in (self.frame, self.unfinished)))

    def point(self, row: int) -> int:
        """The number of the point in a row of `frame`; of a stranger's table, the row's own."""
        own = int(self.frame.index[row])
        if "point" not in self.frame.columns:
            return own
        try:
            number = float(self.frame["point"].iloc[row])
        except (TypeError, ValueError):
            return own
        return int(number) if number.is_integer() else own

    def _numbers(self, column: str, frame: pd.DataFrame) -> npt.NDArray[np.float64]:
        if column not in frame.columns:
            raise InputError(self._missing(column))
        cells = frame[column]
        numbers = pd.to_numeric(cells, errors="coerce")
        wrong = cells.notna() & numbers.isna()
        if wrong.any():
            row = int(np.argmax(wrong.to_numpy()))
            raise InputError(
                f'Column "{column}" of {self.path} holds "{cells.iloc[row]}" in row '
                f"{int(frame.index[row]) + 1} where a number is needed; correct that cell, or "
                f"choose another column."
            )
        return numbers.to_numpy(dtype=np.float64, na_value=np.nan)

    def _missing(self, column: str) -> str:
        if said := measure_first(self.path, column):
            return said
        numeric = [str(name) for name in self.frame.select_dtypes("number").columns]
        close = difflib.get_close_matches(column, numeric, n=3, cutoff=0.5)
        others = [name for name in numeric if name not in close][: 6 - len(close)]
        sentence = f'{self.path} has no column "{column}"'
        if close:
            sentence += f"; the closest are {', '.join(close)}"
        if others:
            sentence += f"; {'others' if close else 'its columns of numbers'} are "
            sentence += ", ".join(others)
            sentence += ", …" if len(others) + len(close) < len(numeric) else ""
        if not numeric:
            sentence += "; it has no column of numbers at all"
        return f"{sentence}; choose one of its columns."


def read_results(path: Path) -> Results:
    """Read a run directory or a CSV file.

    Args:
        path: a directory that holds `results.csv`, or a CSV file with a header.

    Raises:
        InputError: there is no such file, it is not a CSV file, or it has no finished point.
    """
    file = path / "results.csv" if path.is_dir() else path
    if not file.exists():
        if path.is_dir():
            raise InputError(
                f"Directory {path} holds no results.csv; give the run directory of a sweep or a "
                f"CSV file."
            )
        raise InputError(f"{path} does not exist; give a run directory or a CSV file.")
    frame = read_table(file)
    finished = _finished(frame)
    failed = int((~finished).sum())
    if not finished.any():
        found = f"{failed} that did not finish" if failed else "no rows"
        raise InputError(
            f'{file} has no finished point (found {found}; a finished one has the status "done"); '
            f"finish the sweep first."
        )
    names = [str(column) for column in frame.columns]
    source = file.resolve().parent.name if file.name == "results.csv" else file.stem
    return Results(
        path=file,
        source=source or str(file),
        frame=frame[finished],
        unfinished=frame[~finished],
        objectives=tuple(name.removeprefix(_WEIGHT) for name in names if name.startswith(_WEIGHT)),
    )


def without_points(results: Results, points: Collection[int]) -> Results:
    """The same without the finished points of some numbers."""
    kept = [results.point(row) not in points for row in range(len(results.frame))]
    return replace(results, frame=results.frame[kept])


def _finished(frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Mark the rows of finished points; a file without a `status` has nothing else. (N,)."""
    if "status" not in frame.columns:
        return np.ones(len(frame), dtype=np.bool_)
    return (frame["status"].astype("string").str.strip() == "done").to_numpy(
        dtype=np.bool_, na_value=False
    )


def read_table(file: Path) -> pd.DataFrame:
    """A CSV file as it is, all its rows.

    Raises:
        InputError: There is no such file, or it is not a CSV file.
    """
    try:
        content = read_bytes(file, MOST_BYTES)
    except DamagedError as error:
        raise InputError(f"{error}; give a run directory or a CSV file.") from None
    if content is None:
        raise InputError(f"{file} does not exist; give a run directory or a CSV file.")
    try:
        with warnings.catch_warnings():
            # Cells without a header would be dropped with a mere warning.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(io.BytesIO(content), low_memory=False, index_col=False)
    except pd.errors.EmptyDataError:
        raise InputError(
            f"{file} is empty; a CSV file with a header and one row a point is needed."
        ) from None
    except pd.errors.ParserWarning:
        raise InputError(
            f"The rows of {file} have more cells than its header; name every column in the header."
        ) from None
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        reason = str(error).strip().replace("\n", " ")
        raise InputError(
            f"{file} is not a CSV file ({reason}); give a run directory or a comma-separated file."
        ) from None
    if len(frame.columns) < 2:
        raise InputError(
            f"{file} does not look like a CSV file (found a single column); give a run directory "
            f"or a comma-separated file with a header."
        )
    return frame

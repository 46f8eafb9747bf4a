"""Drawing a page again and again while other processes are at its sweeps."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from paretocli.errors import InputError, StopError
from paretocli.execution.stopping import stop_on_signals
from paretocli.front.exchange import RESULTS_FILE
from paretocli.front.results import read_results
from paretocli.library.drawing import Drawn
from paretocli.run_directory.lock import in_use
from paretocli.run_directory.sweep_file import read_sweep_file

LOOK = 1.0  # seconds from one look at the sweeps to the next
RELOAD = 5  # seconds after which a page reloads itself

Draw = Callable[[Sequence[Path], int | None], Drawn]
"""Draws the page of some inputs that reloads itself after so many seconds, or does not."""


def follow(paths: Sequence[Path], draw: Draw, note: Callable[[str], None]) -> Drawn:
    """Draw a page whenever there is something new, until all sweeps have ended.

    Ctrl-C ends it before. In either case the last page reloads itself no more.

    Args:
        paths: Run directories.
        draw: Draws the page, of those that have a finished point.
        note: Is told what goes on.

    Returns:
        What the last page shows.

    Raises:
        InputError: A path is no run directory, or no point was finished in any.
        StopError: Somebody asked to stop before there was a page.
    """
    for path in paths:
        if path.exists() and not path.is_dir():
            raise InputError(f"--follow watches run directories, and {path} is a file; give one.")
        read_sweep_file(path)
    with stop_on_signals(lambda: note("Stopping; the page reloads itself no more.")) as stop:
        shown: object = None
        first = True
        while True:
            # Asked before the tables are looked at: what a sweep writes last is not missed.
            running = {path: holder for path in paths if (holder := in_use(path))}
            goes_on = bool(running) and not stop()
            seen = [_state(path) for path in paths]
            if first:
                note(_beginning(paths, running))
            if seen != shown or not goes_on:
                ready = [path for path in paths if _has_points(path)]
                if ready or not running:
                    drawn = draw(ready or paths, RELOAD if goes_on else None)
                    note(_said(drawn))
                elif not goes_on:
                    raise StopError(stop.exit_code)
                elif first:
                    note("No point is finished yet; the page comes with the first one.")
                shown = seen
            if not goes_on:
                if not running and not first:
                    note("Ended: no process is at it any more.")
                return drawn
            first = False
            time.sleep(LOOK)


def _state(path: Path) -> tuple[int, int] | None:
    """What changes when a table is written anew; None where there is none."""
    with suppress(OSError):
        found = (path / RESULTS_FILE).stat()
        return found.st_mtime_ns, found.st_size
    return None


def _has_points(path: Path) -> bool:
    with suppress(InputError):
        return len(read_results(path).frame) > 0
    return False


def _beginning(paths: Sequence[Path], running: dict[Path, str]) -> str:
    if not running:
        names = ", ".join(map(str, paths))
        return f"No process is at {names}; the page is written once."
    names = ", ".join(f"{path} ({holder})" for path, holder in running.items())
    return f"Following {names}; Ctrl-C ends it."


def _said(drawn: Drawn) -> str:
    points = sum(one["points"] for one in drawn.report["inputs"])
    front = sum(one["front_points"] for one in drawn.report["inputs"])
    words = "1 point" if points == 1 else f"{points} points"
    return f"{drawn.report['page']}: {words}, {front} on the front."

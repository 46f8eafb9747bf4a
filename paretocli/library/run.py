"""A run directory in Python: its results and its front, and what is made of it."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paretocli.errors import InputError
from paretocli.library.drawing import Better
from paretocli.library.exported_run import ExportedRun
from paretocli.library.page_drawing import draw_page
from paretocli.library.picture import Picture, checked_split, picture_of
from paretocli.library.picture_kinds import PICTURES, draw

if TYPE_CHECKING:
    pass


class Run(ExportedRun):
    """A sweep, or a single point, as its run directory holds it, and what is made of it."""

    def refine(
        self,
        *,
        weights: Sequence[Sequence[float]] = (),
        between: Sequence[int] | None = None,
        around: int | None = None,
        holes: int | None = None,
        points: int | None = None,
        sizes: Sequence[int] = (),
        want: str | Sequence[str] = (),
        from_: int | None = None,
        improve: str | Sequence[str] = (),
        worsen: str | Sequence[str] = (),
        leave: str | Sequence[str] = (),
        warm: str = "nearest",
        warm_epochs: int = 0,
        warm_retrain_epochs: int = 0,
        retry_failed: bool = False,
        progress: bool = True,
    ) -> "Run":
        """Add points, where the front is to be known better; what is solved stays as it is.

            run.refine(between=(3, 4), points=2)

        Args:
            weights: Points with these weights, one an objective.
            between: Points between two others, by their numbers.
            around: Points half-way from a point to its nearest neighbours.
            holes: Up to so many points where the front is emptiest.
            points: How many with `between` (1) or `around` (2).
            sizes: A point of each of these numbers of parameters, from the largest down: each
                starts from a larger one, and what it has too much of is taken away.
            want: One point that fulfils conditions, such as `"size <= 2000"`, which is corrected
                twice at most.
            from_: One that is this point changed, and corrected, once an objective at most:
            improve: what improves as far as possible, or to a level, such as
                `"accuracy_left >= 0.95"`;
            worsen: what may get worse, or down to a bound, such as `"size <= 30000"`;
            leave: what stays as good as it is, as does each objective of which nothing is said.
            warm: `nearest`: they start from the search's end of the nearest solved point; or
                `none`: from scratch.
            warm_epochs: Epochs of a search that starts so; 0 for three tenths of the sweep's.
            warm_retrain_epochs: Epochs after such a search; 0 for three tenths of the sweep's.
            retry_failed: Solve failed points again.
            progress: Whether to show how it goes on.

        Returns:
            The same directory, read anew.

        Raises:
            InputError: Such points are there already, or are to be near others that are not there,
                or the problem is not there; nothing was written.
            RunError: A shard could not be solved.
            StopError: It was interrupted; all that was done is saved.
        """
        from paretocli.execution.nursery import nursery
        from paretocli.library.refining import refine, reopen, told
        from paretocli.options.warm import warm_start
        from paretocli.planning.classification import classes_of
        from paretocli.planning.preferences import checked
        from paretocli.planning.refinement import Request, pair_of
        from paretocli.training.machine import as_found

        rows = [checked(row, self.objectives, f"weights={list(row)}") for row in weights]
        request = Request(
            tuple(tuple(row.tolist()) for row in rows),
            None if between is None else pair_of(between),
            around,
            holes,
            points,
            tuple(sizes),
            _texts(want),
            classes_of(from_, _texts(improve), _texts(worsen), _texts(leave)),
        )
        data_dir = self._data_dir.absolute()
        with nursery(), as_found():
            resolved = reopen(self.path, self._problem, lambda file: False, {"data_dir": data_dir})
            refine(
                resolved,
                request,
                warm_start(warm, warm_epochs, warm_retrain_epochs),
                quiet=not progress,
                retry_failed=retry_failed,
            )
            told(self.path)
        return Run(self.path, self._problem, self._data_dir)

    def prune(
        self,
        out: str | Path | None = None,
        *,
        from_: str | None = None,
        retry_failed: bool = False,
        progress: bool = True,
    ) -> "Run":
        """Prune dense networks to the sizes of a sparse sweep, to compare it.

            baseline = run.prune()
            print(paretocli.compare([run, baseline], columns=["accuracy_left", "size"]).table())

        Args:
            out: The run directory of the baseline; without, this one with `-pruned` after it.
            from_: `dense`: each is pruned from the dense network; or `larger`: from the next larger
                one, which was retrained. Without, what was begun, or `dense`.
            retry_failed: Solve failed points again.
            progress: Whether to show how it goes on.

        Returns:
            The baseline.

        Raises:
            InputError: The sweep has no sparsity or nothing solved, or the problem is not there;
                nothing was written.
            RunError: A shard could not be solved.
            StopError: It was interrupted; all that was done is saved.
        """
        from paretocli.execution.nursery import nursery
        from paretocli.library.pruning import baseline_of, gradually_from, prune
        from paretocli.training.machine import as_found

        gradually = gradually_from(from_, "from_")
        runtime = {"data_dir": self._data_dir.absolute()}
        with nursery(), as_found():
            baseline = baseline_of(
                self.path,
                self._problem,
                lambda file: False,
                runtime,
                out=None if out is None else Path(out),
                gradually=gradually,
            )
            prune(baseline, quiet=not progress, retry_failed=retry_failed)
        return Run(baseline.resolved.config.out, self._problem, self._data_dir)

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

        Where size is an objective that is all tasks against the size of the exported network, else
        the losses of all objectives.

        Args:
            x: Column for the x axis; with `y`, in place of that.
            y: Column for the y axis.
            split: Whose losses or metrics; without, `test`, or `val` for the history.
            minimize: Columns that are better lower, where neither metric nor name says so.
            maximize: The same, better higher.
            out: The picture, as .png, .svg or .pdf; without, a name in the run directory.
            title: Its title.
            **kind: Another picture: `losses=True` (of all objectives), `against="size"` (all tasks
                against a column), `layers=3` (what is left of the layers of a point) or
                `history=True` (how the hypervolume converged).

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


def _texts(given: str | Sequence[str]) -> tuple[str, ...]:
    """One text or several."""
    return (given,) if isinstance(given, str) else tuple(given)

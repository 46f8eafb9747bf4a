"""The calls of the library: what the commands do, with the same names and defaults."""

import inspect
import warnings
from collections.abc import Collection, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paretocli.errors import InputError, RunError, StopError
from paretocli.library.run import Run
from paretocli.options.declared import declared
from paretocli.options.file import with_file
from paretocli.options.python import from_python

if TYPE_CHECKING:
    from paretocli.core.problem import Problem
    from paretocli.examination.report import Examination
    from paretocli.exporting.export import Exported
    from paretocli.front.comparison import Comparison


def sweep(
    problem: "Problem | str | None" = None,
    *,
    config: str | Path | None = None,
    retry_failed: bool = False,
    progress: bool = True,
    **options: Any,
) -> Run:
    """Train a network for each point of a grid of weights and collect the front.

    The same call goes on where it stopped: what is finished in the run directory is not done again.

        run = paretocli.sweep("vlmop2", points=9, out="runs/vlmop2")
        run.front()[["point", "loss_f1_test", "loss_f2_test"]]

    Args:
        problem: A `Problem`, or a name as the command line takes it; without, `multidigits`.
        config: Options from a TOML file; those given here win.
        retry_failed: Solve failed points again.
        progress: Whether to show how it goes on, and what should be known of the choices made.
        **options: Every option of `paretocli sweep`, by its name with _ for -, such as `points`,
            `epochs`, `solver`, `out`. Lists, tuples and arrays do for several numbers, paths as
            texts or `pathlib`, a dictionary for `fix` and `set`.

    Returns:
        The run directory.

    Raises:
        InputError: An option or the problem is wrong; nothing was written.
        RunError: Not one point could be solved. Where some could, a `RuntimeWarning` names the
            others.
        StopError: It was interrupted; all that was done is saved.
    """
    return _solved(problem, config, options, retry_failed, progress, single=False)


def train(
    problem: "Problem | str | None" = None,
    *,
    config: str | Path | None = None,
    retry_failed: bool = False,
    progress: bool = True,
    **options: Any,
) -> Run:
    """Train one network for one choice of weights.

        run = paretocli.train("zdt2", weights=[0.3, 0.7], epochs=5)
        network = run.network(0)

    Args:
        problem: A `Problem`, or a name as the command line takes it; without, `multidigits`.
        config: Options from a TOML file; those given here win.
        retry_failed: Solve the point again if it failed.
        progress: Whether to show how it goes on.
        **options: Every option of `paretocli train`, as for `sweep`.

    Returns:
        The run directory, whose one point has the number 0.

    Raises:
        InputError: An option or the problem is wrong; nothing was written.
        RunError: It could not be solved.
        StopError: It was interrupted; all that was done is saved.
    """
    return _solved(problem, config, options, retry_failed, progress, single=True)


def load_run(
    path: str | Path,
    problem: "Problem | str | None" = None,
    data_dir: str | Path | None = None,
) -> Run:
    """A run directory, whoever made it.

        run = paretocli.load_run("runs/vlmop2")
        best = run.select(knee=True)

    Args:
        path: The run directory.
        problem: The problem, made or named, for networks: needed where the directory names code
            in a file, which does not run unasked, or where it was made in Python.
        data_dir: The folder of data sets, where it is another one than the usual.

    Raises:
        InputError: It is no run directory.
    """
    return Run(path, problem, data_dir)


def compare(
    runs: Sequence[Run | str | Path],
    *,
    on: str = "val",
    columns: Sequence[str] | None = None,
    minimize: Collection[str] = (),
    maximize: Collection[str] = (),
    ideal: Sequence[float] | None = None,
    reference: Sequence[float] | None = None,
) -> "Comparison":
    """Compare the fronts of several methods, over their seeds and folds.

        found = paretocli.compare(["runs/chebyshev", "runs/linear"], on="test")
        found.table()[["method", "hypervolume"]]

    Args:
        runs: Sweeps; those that differ in their seed or `fold` alone are one method.
        on: The split that is measured on, `val` or `test`.
        columns: Columns of `results`; without, the losses of all objectives.
        minimize: Columns or metrics that are better lower, where neither they nor their names say.
        maximize: The same, better higher.
        ideal: Where the box of the hypervolume begins.
        reference: Where it ends.

    Raises:
        InputError: The sweeps are not finished or not comparable, or a column is not there.
    """
    from paretocli.library.comparing import compared

    if on not in ("val", "test"):
        raise InputError(f"The split should be one of val, test, found {on}.")
    if isinstance(runs, str | Path | Run):
        raise InputError("compare takes a list of runs, such as [first, second].")
    return compared(
        [run.path if isinstance(run, Run) else Path(run) for run in runs],
        on=on,
        columns=columns,
        minimize=minimize,
        maximize=maximize,
        ideal=ideal,
        reference=reference,
    )


def export(
    run: Run | str | Path,
    point: Any,
    out: str | Path | None = None,
    formats: Sequence[str] = ("program",),
    threads: int = 1,
    samples: int = 8,
) -> "Exported":
    """Write the network of a point without its zero rows; see `Run.export`."""
    found = run if isinstance(run, Run) else Run(run)
    return found.export(point, out, formats, threads, samples)


def check(problem: "Problem | str", *, network: str | None = None, **options: Any) -> "Examination":
    """Try a problem in seconds: its data, its losses, its gradients, and a training step.

        found = paretocli.check("vlmop2")
        assert not found.failures

    Args:
        problem: A `Problem`, or a name as the command line takes it.
        network: One of its networks; without, the one that it would be swept with.
        **options: `targets`, `labels`, `image_size`, `set`, `start_from`, `start_at`,
            `start_partly`, `device`, `threads` and `data_dir`, as for `sweep`.

    Returns:
        What was found out; `failures` holds a sentence for each thing that a sweep would refuse.

    Raises:
        InputError: There is no such problem or network.
    """
    from paretocli.core.problem import Problem
    from paretocli.directories import default_data_dir
    from paretocli.examination.examine import examine
    from paretocli.problems.asked import Asked
    from paretocli.problems.loading import load_problem
    from paretocli.training.machine import (
        as_found,
        available_threads,
        choose_device,
        flush_denormals,
        set_up,
    )

    given = from_python(options, single=True)
    device = choose_device(str(given.get("device", "auto")))
    with as_found(device):
        flush_denormals()
        set_up(int(str(given.get("threads", available_threads()))), "fp32")
        if not isinstance(problem, Problem):
            folder = Path(str(given.get("data_dir") or default_data_dir())).absolute()
            problem = load_problem(problem, folder, Asked.of_options(given))
        start = given.get("start_from")
        return examine(
            problem,
            device,
            network,
            start_from=None if start is None else Path(str(start)),
            start_at=str(given.get("start_at", "")),
            start_partly=bool(given.get("start_partly", False)),
        )


def _solved(
    problem: "Problem | str | None",
    config: str | Path | None,
    options: dict[str, Any],
    retry_failed: bool,
    progress: bool,
    *,
    single: bool,
) -> Run:
    from paretocli.core.problem import Problem
    from paretocli.execution.nursery import nursery
    from paretocli.library.running import carry_out, failure_of
    from paretocli.sweeping.resolve import resolve
    from paretocli.training.machine import as_found, choose_device

    made = problem if isinstance(problem, Problem) else None
    if made is None and problem is not None:
        options = {**options, "problem": problem}
    given = with_file(
        from_python(options, single=single), Path(config) if config else None, single=single
    )
    # A single point has no workers.
    with (
        nullcontext() if single else nursery(),
        as_found(choose_device(str(given.get("device", "auto")))),
    ):
        resolved = resolve(given, single=single, made=made)
        try:
            records = carry_out(
                resolved, quiet=not progress, retry_failed=retry_failed, notes=resolved.notes
            )
        except StopError as stopped:
            raise StopError(stopped.exit_code, "call") from None
    if failure := failure_of(records, resolved.config):
        if all(record["status"] == "failed" for record in records):
            raise RunError(failure)
        warnings.warn(failure, RuntimeWarning, stacklevel=3)
    return Run(resolved.config.out, made or resolved.config.problem, resolved.config.data_dir)


def _with_options(call: Any, *, single: bool) -> None:
    """Name the options in a call's signature, for whoever asks an editor or `help`."""
    known = [one for name, one in declared(single=single).items() if name != "problem"]
    own = list(inspect.signature(call).parameters.values())[:-1]
    keyword = inspect.Parameter.KEYWORD_ONLY
    named = [inspect.Parameter(one.name, keyword, default=None) for one in known]
    call.__signature__ = inspect.Signature([*own, *named], return_annotation=Run)


_with_options(sweep, single=False)
_with_options(train, single=True)

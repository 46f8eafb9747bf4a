"""`paretocli refine`: further points of a sweep."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from paretocli.cli.options.output import AsJson, DryRun, Quiet, RetryFailed
from paretocli.cli.options.problem_file import ProblemFile, may_run
from paretocli.cli.options.signature import with_options
from paretocli.options.warm import PANEL
from paretocli.printing import say

if TYPE_CHECKING:
    from paretocli.planning.classification import Classes
    from paretocli.planning.refinement import Request
    from paretocli.run_directory.rounds import Round

WHICH = "Which points"

Where = Annotated[
    Path, typer.Argument(metavar="DIR", help="The run directory of a sweep.", show_default=False)
]
Between = Annotated[
    str | None,
    typer.Option(
        metavar="A,B",
        help="Between two points, by their numbers: their weights in equal factors, and their "
        "sizes where one was held to its.",
        rich_help_panel=WHICH,
    ),
]
Around = Annotated[
    int | None,
    typer.Option(
        metavar="POINT",
        help="Half-way from a point to its nearest neighbours.",
        rich_help_panel=WHICH,
    ),
]
Holes = Annotated[
    int | None,
    typer.Option(
        metavar="N", help="Up to so many where the front is emptiest.", rich_help_panel=WHICH
    ),
]
Sizes = Annotated[
    str | None,
    typer.Option(
        metavar="A,B",
        help="One of each of these numbers of parameters, from the largest down: each starts from "
        "a larger one, and what it has too much of is taken away.",
        rich_help_panel=WHICH,
    ),
]
Want = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CONDITION",
        help='One that meets this, such as "accuracy_left >= 95 %" or "size <= 2000"; repeatable. '
        "It is corrected twice at most.",
        rich_help_panel=WHICH,
    ),
]
Start = Annotated[
    int | None,
    typer.Option(
        "--from",
        metavar="POINT",
        help="One that is this point changed: with --improve, --worsen and --leave. It is "
        "corrected, once an objective at most.",
        rich_help_panel=WHICH,
    ),
]
Improve = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COLUMN",
        help='What improves as far as possible, or to a level ("accuracy_left >= 95 %"); '
        "repeatable.",
        rich_help_panel=WHICH,
    ),
]
Worsen = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COLUMN",
        help='What may get worse, or as far as a bound ("size <= 30000"); repeatable.',
        rich_help_panel=WHICH,
    ),
]
Leave = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COLUMN",
        help="What stays as good as it is; repeatable. So does the metric, size or loss of each "
        "objective of which nothing is said.",
        rich_help_panel=WHICH,
    ),
]
Weights = Annotated[
    list[str] | None,
    typer.Option(
        metavar="A,B",
        help="With these weights, such as 0.2,0.8; repeatable.",
        rich_help_panel=WHICH,
    ),
]
Points = Annotated[
    int | None,
    typer.Option(
        help="How many with --between or --around.",
        show_default="1 between, 2 around",
        rich_help_panel=WHICH,
    ),
]
Warm = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="Start from the search's end of the nearest solved point (nearest), or from scratch "
        "(none).",
        rich_help_panel=PANEL,
    ),
]


@with_options(
    *("warm_epochs", "warm_retrain_epochs"),
    *("jobs", "workers", "cluster", "data_dir", "checkpoint_every", "log"),
    after="warm",
)
def refine(
    path: Where,
    *,
    between: Between = None,
    around: Around = None,
    holes: Holes = None,
    sizes: Sizes = None,
    want: Want = None,
    start: Start = None,
    improve: Improve = None,
    worsen: Worsen = None,
    leave: Leave = None,
    weights: Weights = None,
    points: Points = None,
    warm: Warm = "nearest",
    problem: ProblemFile = None,
    retry_failed: RetryFailed = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    dry_run: DryRun = False,
    **given: Any,
) -> None:
    """Add points to a sweep, where the front is to be known better.

    What is solved stays as it is. The new points start from solved ones, and
    so take a part of the epochs; all tables and pictures have them afterwards.
    What the sweep had not solved yet is solved first. The same command goes on
    where it was stopped.

    Examples:
      paretocli refine runs/multimnist --between 3,4 --points 2

      paretocli refine runs/multimnist --holes 4

      paretocli refine runs/multimnist --sizes 100000,50000,20000

      paretocli refine runs/multimnist --want "size <= 20000"

      paretocli refine runs/tour --from 5 --improve accuracy_left --worsen size

      paretocli refine runs/vlmop2 --weights 0.3,0.7 --warm none
    """
    import json

    from paretocli.cli.report import sweep_report, sweep_summary
    from paretocli.directories import default_data_dir
    from paretocli.errors import InputError, RunError
    from paretocli.execution.nursery import nursery
    from paretocli.library.refining import planned, refine, reopen, told
    from paretocli.library.running import failure_of
    from paretocli.option import one_of
    from paretocli.options.warm import warm_start
    from paretocli.planning.classification import classes_of
    from paretocli.sweeping.store import RunDirectory

    choices, words = one_of("nearest", "none")
    if not choices(warm):
        raise InputError(f"--warm should be {words}, found {warm}.")
    runtime = {name: value for name, value in given.items() if value is not None}
    lengths = (runtime.pop(name, 0) for name in ("warm_epochs", "warm_retrain_epochs"))
    how = warm_start(warm, *lengths)
    runtime["data_dir"] = Path(runtime.get("data_dir") or default_data_dir()).absolute()
    with nursery():
        resolved = reopen(path, problem, lambda file: may_run(path, file), runtime)
        request = _request(
            resolved.config.objectives,
            between=between,
            around=around,
            holes=holes,
            weights=weights,
            points=points,
            sizes=sizes,
            want=want,
            classes=classes_of(start, improve or (), worsen or (), leave or ()),
        )
        if dry_run:
            if rounds := planned(resolved, request, how, note=say):
                say(_plan(rounds, as_json=as_json))
            return
        records = refine(
            resolved,
            request,
            how,
            quiet=quiet,
            retry_failed=retry_failed,
        )
        config, directory = resolved.config, RunDirectory(path)
        if as_json:
            say(json.dumps(sweep_summary(config, directory, records), indent=2))
        elif quiet:
            say(directory.results_file)
        else:
            say(sweep_report(config, resolved.problem, directory, records))
        told(path)
        if failure := failure_of(records, config):
            raise RunError(failure)


def _request(
    objectives: tuple[str, ...],
    *,
    between: str | None,
    around: int | None,
    holes: int | None,
    weights: list[str] | None,
    points: int | None,
    sizes: str | None,
    want: list[str] | None,
    classes: "Classes | None",
) -> "Request":
    from paretocli.errors import InputError
    from paretocli.planning.preferences import parse_weights
    from paretocli.planning.refinement import Request, pair_of

    pair = None
    if between is not None:
        parts = [part.strip() for part in between.split(",")]
        if not all(part.isdecimal() for part in parts):
            raise InputError(
                f"--between {between} should be the numbers of two points, as in --between 3,4."
            )
        pair = pair_of([int(part) for part in parts])
    rows = tuple(tuple(parse_weights(text, objectives).tolist()) for text in weights or ())
    numbers = () if sizes is None else _sizes(sizes)
    request = Request(rows, pair, around, holes, points, numbers, tuple(want or ()), classes)
    request.check()
    return request


def _sizes(text: str) -> tuple[int, ...]:
    """The numbers of parameters that --sizes names."""
    from paretocli.errors import InputError

    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts):
        raise InputError(
            f"--sizes {text} should be numbers of parameters, as in --sizes 50000,20000."
        )
    return tuple(map(int, parts))


def _plan(rounds: "list[Round]", *, as_json: bool) -> str:
    import json

    first, *more = [one.content() for one in rounds]
    if as_json:
        return json.dumps(first | ({"more": more} if more else {}), indent=2)
    lines = []
    for one in rounds:
        most = one.limits.get("compact_parameters")
        held = "" if most is None else f", at most {most:,} parameters"
        for point, row, parent in zip(one.points, one.weights, one.parents, strict=True):
            start = "from scratch" if parent is None else f"from point {parent}"
            weights = " ".join(f"{weight:.4f}" for weight in row)
            lines.append(f"point {point}: weights {weights}, {start}{held}")
    epochs = f"{rounds[0].epochs} epochs"
    if rounds[0].retrain_epochs:
        epochs += f" of search, {rounds[0].retrain_epochs} of retraining"
    return "\n".join([*lines, "", f"{epochs} each. Nothing was run."])

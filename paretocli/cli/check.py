"""`paretocli check`: try a problem before sweeping it."""

import json
import os
import shlex
from typing import Annotated, Any

import typer

from paretocli.cli.options.signature import with_options
from paretocli.options.declared import declared
from paretocli.options.machine import PANEL
from paretocli.options.tables import TABLE_OPTIONS
from paretocli.printing import say

ProblemToCheck = Annotated[
    str,
    typer.Argument(
        metavar="PROBLEM",
        help="file.py:function, table:FILE.csv, images:FOLDER, mulan:NAME, or a name that "
        "`paretocli problems` lists.",
        show_default=False,
    ),
]
Threads = Annotated[
    int | None,
    typer.Option(
        min=1,
        envvar="PARETOCLI_THREADS",
        help="Processors to use.",
        show_default="all",
        rich_help_panel=PANEL,
    ),
]

# What concerns the problem, as for a sweep.
OPTIONS = (
    *("network", "targets", "labels", "image_size", *TABLE_OPTIONS, "set"),
    *("start_from", "start_at", "start_partly", "device", "workers", "data_dir"),
)


@with_options(*OPTIONS)
def check(
    ctx: typer.Context,
    problem: ProblemToCheck,
    *,
    threads: Threads = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Say what fails and nothing else.")
    ] = False,
    **given: Any,
) -> None:
    """Try a problem in seconds: its data, its losses, its gradients, and a training step.

    Whatever would fail is told, a sentence each, and the exit code is 2 then. Nothing is written.

    Examples:
      paretocli check mine/problem.py:make

      paretocli check multimnist --network hps --json
    """
    from paretocli.cli.check_report import as_content, as_report
    from paretocli.cli.report import hint
    from paretocli.directories import default_data_dir
    from paretocli.errors import InputError
    from paretocli.examination.examine import examine
    from paretocli.problems.asked import Asked
    from paretocli.problems.loading import load_problem
    from paretocli.problems.readers import problem_read_by
    from paretocli.training.machine import (
        available_threads,
        choose_device,
        flush_denormals,
        set_up,
    )

    flush_denormals()
    chosen = choose_device(given["device"] or "auto")
    count = threads or available_threads()
    set_up(count, "fp32")
    folder = (given["data_dir"] or default_data_dir()).absolute()
    made = load_problem(problem, folder, Asked.of_options(given))
    found = examine(
        problem_read_by(made, given["workers"]),
        chosen,
        given["network"],
        start_from=given["start_from"],
        start_at=given["start_at"] or "",
        start_partly=bool(given["start_partly"]),
    )
    if as_json:
        say(json.dumps(as_content(found, count), indent=2))
    elif not quiet:
        say(as_report(found, problem, count))
    for note in found.notes:
        hint(f"\nNote: {note}", quiet=quiet or as_json)
    if not found.failures:
        hint(f"\nNo failure found. Next: {_next(ctx)}", quiet=quiet or as_json)
        return
    if os.environ.get("PARETOCLI_DEBUG") == "1":
        raise found.failures[0]
    for failure in found.failures[:-1]:
        say(f"Error: {failure}", err=True)
    raise InputError(str(found.failures[-1]))


def _next(ctx: typer.Context) -> str:
    """The sweep of the same problem, with the options of this command that concern it."""
    words = ["paretocli", "sweep", ctx.params["problem"]]
    for name in OPTIONS:
        source = ctx.get_parameter_source(name)
        # What the environment says, it says to the sweep too.
        if source is not None and source.name == "COMMANDLINE":
            value = ctx.params[name]
            for one in value if isinstance(value, list | tuple) else (value,):
                words += [declared()[name].flag, *([] if one is True else [str(one)])]
    return shlex.join(words)

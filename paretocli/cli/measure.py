"""`paretocli measure`: what the networks of a sweep take on a device."""

from pathlib import Path
from typing import Annotated, Any

import typer

from paretocli.cli.options.output import AsJson, Quiet
from paretocli.cli.options.problem_file import ProblemFile, may_run
from paretocli.cli.options.signature import with_options
from paretocli.exporting.formats import format_help
from paretocli.printing import say

Where = Annotated[Path, typer.Argument(metavar="DIR", help="A run directory.", show_default=False)]
Form = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="NAME",
        help=f"The format of the networks: torch (plain PyTorch), {format_help()}.",
    ),
]
Threads = Annotated[
    int, typer.Option(envvar="PARETOCLI_THREADS", help="How many compute, each on a processor.")
]
Repetitions = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Calls of each network that count, at each size of a batch.",
        show_default="200, fewer where that takes longer than 2.5 s a network",
    ),
]


@with_options("data_dir")
def measure(
    path: Where,
    *,
    form: Form = "onnx",
    threads: Threads = 1,
    repetitions: Repetitions = None,
    problem: ProblemFile = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    **given: Any,
) -> None:
    """Measure how long the networks of a sweep take, and how large their files are.

    The small network of each solved point is written as `export` writes it, and all of them are
    timed in turn, at batch 1 and 64, with the network as it was trained beside them. Afterwards
    `results.csv` has the columns latency_ms, latency_ms_p95, latency_ms_64, latency_ms_64_p95 and
    file_bytes, for `select`, `refine --want`, `front`, `plot-front` and its page. Measuring again
    replaces them; points that are solved later have empty cells until then.

    Examples:
      paretocli measure runs/multimnist

      paretocli measure runs/multimnist --format torch --threads 2

      paretocli select runs/multimnist --where "latency_ms <= 3" --maximize accuracy_left
    """
    import json

    from paretocli.cli.measure_report import measure_report
    from paretocli.directories import default_data_dir
    from paretocli.library.measuring import measure as measure_points
    from paretocli.library.measuring import summary

    found = measure_points(
        path,
        problem,
        lambda file: may_run(path, file),
        Path(given["data_dir"] or default_data_dir()),
        form=form,
        threads=threads,
        calls=repetitions,
        note=(lambda text: None) if quiet else (lambda text: say(f"{text} …", err=True)),
    )
    if as_json:
        say(json.dumps(summary(path, found), indent=2))
    else:
        say(measure_report(path, found))

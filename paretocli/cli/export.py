"""`paretocli export`: a point's network, small and on its own."""

from pathlib import Path
from typing import Annotated, Any

import typer

from paretocli.cli.options.output import AsJson
from paretocli.cli.options.problem_file import ProblemFile, may_run
from paretocli.cli.options.signature import with_options
from paretocli.exporting.formats import format_help
from paretocli.printing import say

Where = Annotated[Path, typer.Argument(metavar="DIR", help="A run directory.", show_default=False)]
Point = Annotated[int, typer.Argument(metavar="POINT", help="Its number.", show_default=False)]
Out = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="A new or empty folder for the network.",
        show_default="export-<DIR>-<POINT>",
    ),
]
Formats = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="NAMES",
        help="What to write beside the Python module and its weights: "
        f"{format_help()}, several of them separated by commas, or none.",
    ),
]
Threads = Annotated[
    int, typer.Option(min=1, envvar="PARETOCLI_THREADS", help="Processors for latencies.")
]
MaxDrop = Annotated[
    float | None,
    typer.Option(
        help="What formats of fewer bits may cost each task in its first metric on the validation "
        "data: points of accuracies and other shares, else per cent.",
        show_default="0.5",
    ),
]
CalibrationSamples = Annotated[
    int | None,
    typer.Option(
        help="Training samples on which onnx-int8 finds how large the network's numbers get.",
        show_default="512, or all",
    ),
]


@with_options("workers", "data_dir")
def export(
    path: Where,
    point: Point,
    *,
    out: Out = None,
    formats: Formats = "program",
    problem: ProblemFile = None,
    max_drop: MaxDrop = None,
    calibration_samples: CalibrationSamples = None,
    threads: Threads = 1,
    as_json: AsJson = False,
    **given: Any,
) -> None:
    """Write the network of a point without its zero rows, and what fed them.

    The network becomes physically smaller and gives the same outputs: every form that is written
    is read again and compared on the whole test data. The folder holds a Python module that needs
    torch and safetensors alone, its weights, and the forms asked for; a table says what was gained.
    Forms of eight or 16 bits give nearly the same; they are written where no task loses more than
    --max-drop.

    Examples:
      paretocli export runs/multimnist 3

      paretocli export runs/multimnist 3 --format program,onnx --out small

      paretocli export runs/multimnist 3 --format onnx-int8 --max-drop 1

      paretocli export runs/mine 3 --problem my_problem.py:make
    """
    import json
    from dataclasses import asdict, replace

    from paretocli.cli.export_report import export_report
    from paretocli.directories import default_data_dir
    from paretocli.exporting.export import export_point, refuse_used
    from paretocli.exporting.formats import FORMATS, require_format
    from paretocli.exporting.lossiness import asked_lossiness
    from paretocli.exporting.point import read_solved_point
    from paretocli.problems.readers import problem_read_by
    from paretocli.registries import lookup
    from paretocli.training.machine import flush_denormals, set_up

    names = [] if formats == "none" else [name.strip() for name in formats.split(",")]
    for name in names:
        lookup(FORMATS, name, "format")
        require_format(name)
    lossiness = asked_lossiness(names, max_drop, calibration_samples)
    folder = out or Path(f"export-{path.resolve().name}-{point}")
    refuse_used(folder)
    flush_denormals()
    set_up(threads, "fp32")
    solved = read_solved_point(
        path,
        point,
        given["data_dir"] or default_data_dir(),
        problem=problem,
        consent=lambda file: may_run(path, file),
    )
    solved = replace(solved, problem=problem_read_by(solved.problem, given["workers"]))
    exported = export_point(solved, folder, names, threads, lossiness)
    if as_json:
        say(json.dumps({"folder": str(folder), **asdict(exported)}, indent=2))
    else:
        say(export_report(exported, folder))

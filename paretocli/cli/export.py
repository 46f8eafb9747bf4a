"""`paretocli export`: a point's network, small and on its own."""

from pathlib import Path
from typing import Annotated

import typer

from paretocli.cli.options.machine import DataDir
from paretocli.cli.options.output import AsJson

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
        help="What to write beside the Python module and its weights: program (torch.export), "
        "onnx (needs the extra export), none, or both of the first, separated by a comma.",
    ),
]
Threads = Annotated[
    int, typer.Option(min=1, envvar="PARETOCLI_THREADS", help="Processors for latencies.")
]


def export(
    path: Where,
    point: Point,
    *,
    out: Out = None,
    formats: Formats = "program",
    data_dir: DataDir = None,
    threads: Threads = 1,
    as_json: AsJson = False,
) -> None:
    """Write the network of a point without its zero rows, and what fed them.

    The network becomes physically smaller and gives the same outputs: every form that is written
    is read again and compared on the whole test data. The folder holds a Python module that needs
    torch and safetensors alone, its weights, and the forms asked for; a table says what was gained.

    Examples:
      paretocli export runs/multimnist 3

      paretocli export runs/multimnist 3 --format program,onnx --out small
    """
    import json
    from dataclasses import asdict

    from paretocli.cli.export_report import export_report
    from paretocli.directories import default_data_dir
    from paretocli.export.export import export_point, refuse_used
    from paretocli.export.formats import FORMATS, require_format
    from paretocli.export.point import read_solved_point
    from paretocli.registries import lookup
    from paretocli.training.machine import flush_denormals, set_up

    names = [] if formats == "none" else [name.strip() for name in formats.split(",")]
    for name in names:
        lookup(FORMATS, name, "format")
        require_format(name)
    folder = out or Path(f"export-{path.resolve().name}-{point}")
    refuse_used(folder)
    flush_denormals()
    set_up(threads, "fp32")
    solved = read_solved_point(path, point, data_dir or default_data_dir())
    exported = export_point(solved, folder, names, threads)
    if as_json:
        typer.echo(json.dumps({"folder": str(folder), **asdict(exported)}, indent=2))
    else:
        typer.echo(export_report(exported, folder))

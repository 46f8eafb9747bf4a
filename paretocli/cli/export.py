"""`paretocli export`: a point's network, small and on its own."""

from pathlib import Path
from typing import Annotated, Any

import typer

from paretocli.cli.options.output import AsJson
from paretocli.cli.options.problem_file import ProblemFile, may_run
from paretocli.cli.options.signature import with_options
from paretocli.errors import InputError
from paretocli.exporting.formats import format_help
from paretocli.printing import say

Where = Annotated[Path, typer.Argument(metavar="DIR", help="A run directory.", show_default=False)]
Point = Annotated[
    int | None,
    typer.Argument(metavar="POINT", help="Its number; not with --front.", show_default=False),
]
Front = Annotated[
    bool,
    typer.Option(
        "--front",
        help="One network for all weights, which are an input of it, in place of a point's: of "
        "sweeps with --transfer manifold or cosmos.",
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="A new or empty folder for the network.",
        show_default="export-<DIR>-<POINT>, or -front",
    ),
]
Formats = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="NAMES",
        help="What to write beside the Python module and its weights, or alone with --front: "
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
        help="Training samples on which onnx-int8 and onnx-int4 find how large the network's "
        "numbers get.",
        show_default="512, or all",
    ),
]
QuantiseAware = Annotated[
    int | None,
    typer.Option(
        metavar="EPOCHS",
        help="Where onnx-int8 or onnx-int4 loses more than --max-drop, train the small network so "
        "long with its numbers rounded, on the training split: the file is then of another "
        "network than the point's.",
        show_default="no training",
    ),
]
Samples = Annotated[
    int | None,
    typer.Option(
        min=0,
        show_default="8",
        help="Test samples that go into the folder at most, to verify it by; 0 where those who get "
        "it may see none.",
    ),
]


@with_options("workers", "data_dir")
def export(
    path: Where,
    point: Point = None,
    *,
    front: Front = False,
    out: Out = None,
    formats: Formats = "program",
    problem: ProblemFile = None,
    max_drop: MaxDrop = None,
    calibration_samples: CalibrationSamples = None,
    quantise_aware: QuantiseAware = None,
    threads: Threads = 1,
    samples: Samples = None,
    as_json: AsJson = False,
    **given: Any,
) -> None:
    """Write the network of a point without its zero rows, and what fed them.

    The network becomes physically smaller and gives the same outputs: every
    form that is written is read again and compared on the whole test data. The
    folder holds a Python module that needs torch and safetensors alone, its
    weights, and the forms asked for; a table says what was gained. Forms of
    four, eight or 16 bits give nearly the same; they are written where no task
    loses more than --max-drop.

    With them goes card.md, a page to hand over: what the network takes and
    gives, test metrics with confidence intervals, how it was chosen and made.
    `paretocli verify` looks whether a folder is as it was written.

    With --front, one network has the weights of the objectives as an input: at
    those of a point it is that point's network, and elsewhere what lies between
    them.

    Examples:
      paretocli export runs/multimnist 3

      paretocli export runs/multimnist 3 --format program,onnx --out small

      paretocli export runs/multimnist 3 --format onnx-int8 --max-drop 1

      paretocli export runs/multimnist 3 --format onnx-int8 --quantise-aware 5

      paretocli export runs/mine 3 --problem my_problem.py:make

      paretocli export runs/manifold --front --format onnx
    """
    import json
    from dataclasses import asdict, replace

    from paretocli.cli.export_report import export_report
    from paretocli.cli.front_report import front_report
    from paretocli.directories import default_data_dir
    from paretocli.exporting.asked_formats import asked_formats
    from paretocli.exporting.export import export_point, refuse_used
    from paretocli.exporting.fewer_bits.lossiness import asked_lossiness
    from paretocli.exporting.fronts.front_export import export_front
    from paretocli.exporting.fronts.front_points import read_solved_front
    from paretocli.exporting.handing_over.stored_samples import USUAL
    from paretocli.exporting.point import read_solved_point
    from paretocli.problems.readers import problem_read_by
    from paretocli.training.machine import flush_denormals, set_up

    _refuse_both(point, samples, front=front)
    names = asked_formats(formats, some=front)
    lossiness = asked_lossiness(names, max_drop, calibration_samples, quantise_aware)
    stored = USUAL if samples is None else samples
    what = "front" if point is None else str(point)
    folder = out or Path(f"export-{path.resolve().name}-{what}")
    refuse_used(folder)
    flush_denormals()
    set_up(threads, "fp32")
    data_dir = given["data_dir"] or default_data_dir()

    def consent(file: str) -> bool:
        return may_run(path, file)

    if point is None:
        solved = read_solved_front(path, data_dir, problem=problem, consent=consent)
        solved = replace(solved, problem=problem_read_by(solved.problem, given["workers"]))
        whole = export_front(solved, folder, names)
        found, text = asdict(whole), front_report(whole, folder)
    else:
        one = read_solved_point(path, point, data_dir, problem=problem, consent=consent)
        one = replace(one, problem=problem_read_by(one.problem, given["workers"]))
        exported = export_point(one, folder, names, threads, stored, lossiness)
        found, text = asdict(exported), export_report(exported, folder)
    say(json.dumps({"folder": str(folder), **found}, indent=2) if as_json else text)


def _refuse_both(point: int | None, samples: int | None, *, front: bool) -> None:
    """Refuse a point with the whole front, neither of them, and samples that a front has none of.

    Raises:
        InputError: It is so.
    """
    if front and samples is not None:
        raise InputError(
            "--samples are for verifying one point's network, and --front stores none; leave out "
            "one of the two."
        )
    if front == (point is None):
        return
    raise InputError(
        f"--front is all points in one network, and point {point} is named besides; leave out one "
        "of the two."
        if front
        else "No point is named; give the number of one, or --front for all of them in one network."
    )

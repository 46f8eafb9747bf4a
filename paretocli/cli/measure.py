"""`paretocli measure`: what the networks of a sweep take on a device."""

from pathlib import Path
from typing import Annotated, Any

import typer

from paretocli.cli.options.output import AsJson, Quiet
from paretocli.cli.options.problem_file import ProblemFile, may_run
from paretocli.cli.options.signature import with_options
from paretocli.exporting.formats import format_help
from paretocli.printing import say

ELSEWHERE = "On another device"

Where = Annotated[Path, typer.Argument(metavar="DIR", help="A run directory.", show_default=False)]
Form = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="NAME",
        help=f"The format of the networks: torch (plain PyTorch), {format_help(measured=True)}.",
        show_default="onnx",
    ),
]
Threads = Annotated[
    int | None,
    typer.Option(help="How many compute, each on a processor.", show_default="1"),
]
Repetitions = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Calls of each network that count, at each size of a batch.",
        show_default="200, fewer where that takes longer than 2.5 s a network",
    ),
]
WriteKit = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Measure nothing here: write an archive that Python runs there, with numpy and "
        "onnxruntime alone (python FILE > figures.json).",
        rich_help_panel=ELSEWHERE,
        show_default=False,
    ),
]
Read = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Take over what the archive printed there.",
        rich_help_panel=ELSEWHERE,
        show_default=False,
    ),
]


@with_options("data_dir")
def measure(
    path: Where,
    *,
    form: Form = None,
    threads: Threads = None,
    repetitions: Repetitions = None,
    write_kit: WriteKit = None,
    read: Read = None,
    problem: ProblemFile = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    **given: Any,
) -> None:
    """Measure how long the networks of a sweep take, and how large their files are.

    The small network of each solved point is written as `export` writes it,
    and all of them are timed in turn, at batch 1 and 64, with the network as
    it was trained beside them. Afterwards `results.csv` has the columns
    latency_ms, latency_ms_p95, latency_ms_64, latency_ms_64_p95 and
    file_bytes, for `select`, `refine --want`, `front`, `plot-front` and its
    page. Measuring again replaces them; points that are solved later have
    empty cells until then.

    Examples:
      paretocli measure runs/multimnist

      paretocli measure runs/multimnist --format torch --threads 2

      paretocli select runs/multimnist --where "latency_ms <= 3" --knee

      paretocli measure runs/multimnist --write-kit kit.zip

      paretocli measure runs/multimnist --read figures.json
    """
    import json

    from paretocli.cli.measure_report import kit_report, measure_report
    from paretocli.directories import default_data_dir
    from paretocli.front.columns import MEASURED
    from paretocli.front.results import read_results
    from paretocli.front.unmeasured import unmeasured, unmeasured_text
    from paretocli.library import measuring

    alone = {"--format": form, "--threads": threads, "--repetitions": repetitions}
    _refuse_together("--read", read, {**alone, "--problem": problem, "--write-kit": write_kit})
    if form != "onnx":
        _refuse_together("--write-kit", write_kit, {"--format": form})
    given |= {"consent": lambda file: may_run(path, file), "problem": problem}
    given["data_dir"] = Path(given["data_dir"] or default_data_dir())
    given["note"] = (lambda text: None) if quiet else (lambda text: say(f"{text} …", err=True))
    given |= {"threads": 1 if threads is None else threads, "calls": repetitions}
    if write_kit is not None:
        size = measuring.write_kit(path, file=write_kit, **given)
        written = {"kit": str(write_kit), "bytes": size}
        say(json.dumps(written, indent=2) if as_json else kit_report(path, write_kit, size))
        return
    if read is not None:
        found = measuring.read_kit(path, read)
    else:
        found = measuring.measure(path, form=form or "onnx", **given)
    if as_json:
        say(json.dumps(measuring.summary(path, found), indent=2))
    else:
        say(measure_report(path, found))
    results = read_results(path)
    if missing := unmeasured(results, MEASURED[:1]):
        say(unmeasured_text(missing, results), err=True)


def _refuse_together(option: str, value: Any, others: dict[str, Any]) -> None:
    """Refuse options that say nothing beside another one."""
    from paretocli.errors import InputError

    for name, other in others.items():
        if value is not None and other is not None:
            raise InputError(f"{option} does not go with {name}; leave one of them out.")

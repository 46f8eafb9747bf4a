"""From a solved point to a folder with its small network."""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, fx, nn

from paretocli import __version__
from paretocli.atomic import TEMPORARY, write_text
from paretocli.compaction.shipping import compact_network, size_of
from paretocli.compaction.trace import trace
from paretocli.core.as_used import AsUsed, raw_inputs
from paretocli.core.outputs import flat, output_names
from paretocli.core.problem import Problem
from paretocli.errors import InputError
from paretocli.exporting.columns import unread_columns
from paretocli.exporting.differences import refuse_difference
from paretocli.exporting.fewer_bits.lossiness import DEFAULT, Lossiness
from paretocli.exporting.fewer_bits.lossy import Lossy
from paretocli.exporting.fewer_bits.trials import Network
from paretocli.exporting.formats import FORMATS
from paretocli.exporting.handing_over.hand_over import forms_of, hand_over, handed_over, taken_of
from paretocli.exporting.handing_over.stored_samples import USUAL
from paretocli.exporting.latencies import latencies
from paretocli.exporting.measure import Function, compare_outputs
from paretocli.exporting.plain import PLAIN, WEIGHTS, write_plain
from paretocli.exporting.point import SolvedPoint
from paretocli.exporting.quantise_aware.recipe import recipe_of
from paretocli.exporting.source import batch_shape, identifier, python_source
from paretocli.exporting.verifying.verified_files import CHECKSUMS, REPORT
from paretocli.exporting.written_forms import NotRun, bytes_of, write_forms
from paretocli.timing.processors import pinned

LARGE_BATCH = 64  # for latencies, unless that is more than are evaluated at once


@dataclass(frozen=True)
class Side:
    """A network before or after, as it is or compacted.

    Attributes:
        parameters: Numbers that were trained, or made of such; buffers do not count.
        bytes: Size of its files, by name.
        macs: Multiply-accumulates for one sample, None where they cannot be counted.
        latency: Median seconds for a batch, by what runs it and the batch's size.
        latency_p95: The seconds that 95 of 100 calls did not exceed.
        latency_halves: Medians of the first and of the second half of the calls.
        metrics: On the test data.
    """

    parameters: int
    bytes: dict[str, int]
    macs: int | None
    latency: dict[str, float]
    latency_p95: dict[str, float]
    latency_halves: dict[str, tuple[float, float]]
    metrics: dict[str, float]


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes:
        before: The network as it was trained.
        after: The small one.
        differences: By format and output, the largest difference on the test data. An output has
            its task's name, or `task.part` where the task has several.
        largest_outputs: Beside them, by output.
        samples: Of the test data.
        threads: That latencies were measured with.
        processors: Those that the threads were kept on; none where the system keeps them nowhere.
        calls: How many calls of each network its latencies are of, by their names.
        files: Paths.
        digest: SHA-256 of the checksums of the files.
        uncounted: Why there are no multiply-accumulates, where there are none.
        columns: How many columns of a table there are to predict from; 0 without a table.
        unread: Those of them that the small network does not read.
        lossy: What was written in fewer bits, by format.
        not_run: What was written in formats that this machine does not run.
    """

    before: Side
    after: Side
    differences: dict[str, dict[str, float]]
    largest_outputs: dict[str, float]
    samples: int
    threads: int
    processors: tuple[int, ...]
    calls: dict[str, int]
    files: tuple[str, ...]
    uncounted: str = ""
    columns: int = 0
    unread: tuple[str, ...] = ()
    digest: str = ""
    lossy: dict[str, Lossy] = field(default_factory=dict)
    not_run: dict[str, NotRun] = field(default_factory=dict)


def export_point(
    solved: SolvedPoint,
    out: Path,
    formats: Sequence[str],
    threads: int,
    samples: int = USUAL,
    lossiness: Lossiness = DEFAULT,
) -> Exported:
    """Compact a point's network, write it, read it again and compare.

    Args:
        solved: The point.
        out: A folder that does not exist yet, or is empty.
        formats: Beside the plain module, some of `FORMATS`.
        threads: For latencies.
        samples: How many test samples are stored at most, to verify the folder by.
        lossiness: What formats of fewer bits may lose.

    Raises:
        InputError: The folder holds something, torch.export makes no graph of the network, or a
            task loses more in fewer bits than it may.
        RunError: Some form of the small network gives other outputs; nothing was written.
    """
    refuse_used(out)
    with placed_in(out) as place, tempfile.TemporaryDirectory(dir=place, prefix=TEMPORARY) as name:
        dense, small = Path(name) / "dense", Path(name) / "small"
        dense.mkdir()
        small.mkdir()
        right: dict[str, Function] = {}  # what files in fewer bits are to give
        found = _export(solved, dense, small, formats, threads, lossiness, right)
        found = replace(found, files=(*found.files, *handed_over(samples)))
        report = {"format": 1, "paretocli": __version__, **_origin(solved), **asdict(found)}
        del report["digest"]  # of what this file is one of
        write_text(small / REPORT, json.dumps(report, indent=2))
        batch = _batch(solved.problem, 2)
        taken = taken_of(solved, found, batch, formats, small, out, samples, right)
        digest = hand_over(taken, small, forms_of(found, formats))
        if place == out:
            # The list of checksums comes last: until then nobody takes the folder for whole.
            for file in sorted(small.iterdir(), key=lambda file: file.name == CHECKSUMS):
                file.replace(out / file.name)
        else:
            small.replace(out)
    return replace(found, digest=digest)


@contextmanager
def placed_in(out: Path) -> Iterator[Path]:
    """Where to prepare what goes into a folder: in it, or else beside it.

    A folder that is there may not be replaced: it may be a file system of its own, or the one that
    the program runs in. Folders made for it go again where that fails.
    """
    made = [folder for folder in out.parents if not folder.exists()]
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        yield out if out.exists() else out.parent
    except BaseException:
        for folder in made:
            with suppress(OSError):  # it is not there, or somebody else uses it
                folder.rmdir()
        raise


def refuse_used(out: Path) -> None:
    """Refuse a folder that holds something already."""
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise InputError(f"{out} is there already; name a new folder with --out.")


def _export(
    solved: SolvedPoint,
    dense_folder: Path,
    folder: Path,
    asked: Sequence[str],
    threads: int,
    lossiness: Lossiness,
    right: dict[str, Function],
) -> Exported:
    problem = solved.problem
    recipe = recipe_of(solved) if lossiness.quantise_aware else None
    formats = [name for name in asked if not FORMATS[name].lossy]
    dense = AsUsed(problem, solved.network).eval()
    few = _batch(problem, 2)
    small = compact_network(trace(dense, few, f"of problem {problem.name}"))
    with torch.no_grad():
        outputs = dense.by_task(*few.values())
    names = output_names(dense.names, outputs)
    named = dict(zip(names, flat(outputs), strict=True))
    plain = write_plain(small, _source(solved, small, named, few), folder)
    forms = write_forms(formats, (dense, dense_folder), (plain, folder), names, few)
    functions = {"before": dense, "module": plain, **forms.functions}
    found = compare_outputs(problem, functions, outputs)
    refuse_difference(found)
    sizes = (1, min(LARGE_BATCH, problem.evaluation_batch))
    batches = {size: tuple(_batch(problem, size).values()) for size in sizes}
    with pinned(threads) as processors:
        pairs: dict[str, Sequence[Callable[..., Any]]] = {"torch": (dense, plain)}
        for form in (FORMATS[name] for name in formats):
            if form.timed is not None:
                both = (dense_folder, folder)
                pairs[form.engine] = [form.timed(place, threads) for place in both]
        times = latencies(pairs, batches)
    lossy = {}
    if len(formats) < len(asked):
        from paretocli.exporting.fewer_bits.lossy_files import write_lossy

        written = Network(problem, dense, plain, names, few, outputs, batches, recipe)
        there = (folder, dense_folder) if "onnx" in formats else None
        lossy = write_lossy(
            written, asked, folder, lossiness, threads, right.__setitem__, there=there
        )
    shutil.copyfile(solved.file, dense_folder / WEIGHTS)
    files = [WEIGHTS, *(file for name in formats for file in FORMATS[name].files)]
    dense_size, small_size = (size_of(network, batches[1]) for network in (dense, plain))
    before, after = (
        Side(
            parameters=size.parameters,
            bytes={file: bytes_of(place / file) for file in files},
            macs=size.macs,
            latency={name: pair[side].median for name, pair in times.items()},
            latency_p95={name: pair[side].p95 for name, pair in times.items()},
            latency_halves={name: pair[side].halves for name, pair in times.items()},
            metrics=found.metrics[function],
        )
        for side, (size, place, function) in enumerate(
            ((dense_size, dense_folder, "before"), (small_size, folder, "module"))
        )
    )
    return Exported(
        before=before,
        after=after,
        differences={name: gap for name, gap in found.difference.items() if name != "before"},
        largest_outputs=found.largest,
        samples=len(problem.test),
        threads=threads,
        processors=processors,
        calls={name: pair[0].calls for name, pair in times.items()},
        files=(PLAIN, *files, *(found.file for found in lossy.values()), REPORT),
        uncounted=dense_size.uncounted or small_size.uncounted,
        columns=len({*problem.columns}),
        unread=_unread(problem, plain, few),
        lossy=lossy,
        not_run=forms.not_run,
    )


def _unread(problem: Problem, network: nn.Module, few: Mapping[str, Tensor]) -> tuple[str, ...]:
    if not problem.columns:
        return ()
    (inputs,) = few.values()
    return unread_columns(network, inputs, problem.columns)


def _source(
    solved: SolvedPoint,
    small: fx.GraphModule,
    outputs: Mapping[str, Tensor],
    few: Mapping[str, Tensor],
) -> str:
    shapes = {name: tuple(output.shape[1:]) for name, output in outputs.items()}
    number = solved.record["point"]
    title = f"Point {number} of a sweep of {solved.problem.name}, without what it does not need."
    inputs = {
        name: f"{str(tensor.dtype).removeprefix('torch.')} {batch_shape(tensor.shape[1:])}"
        for name, tensor in few.items()
    }
    return python_source(small, title, inputs, shapes)


def _batch(problem: Problem, size: int) -> dict[str, Tensor]:
    """Raw inputs of some test samples, with names that do for arguments."""
    inputs = raw_inputs(problem, size)
    return {identifier(name, "inputs"): tensor for name, tensor in inputs.items()}


def _origin(solved: SolvedPoint) -> dict[str, Any]:
    """Where the network comes from."""
    return {
        "problem": solved.problem.name,
        "run": str(solved.directory),
        "point": solved.record["point"],
        "weights": solved.record["weights"],
    }

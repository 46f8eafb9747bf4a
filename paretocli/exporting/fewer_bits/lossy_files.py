"""Writing a network in formats of fewer bits, as long as no task loses more than it may."""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import onnx

from paretocli.exporting.differences import refuse_difference
from paretocli.exporting.fewer_bits.agreement import refuse_disagreement
from paretocli.exporting.fewer_bits.calibration import calibration_batches, calibration_count
from paretocli.exporting.fewer_bits.drops import Function, drops, figures
from paretocli.exporting.fewer_bits.lossiness import Lossiness
from paretocli.exporting.fewer_bits.lossy import Lossy, Trained
from paretocli.exporting.fewer_bits.onnx_layers import named_layers
from paretocli.exporting.fewer_bits.stored_numbers import refuse_wrong_numbers
from paretocli.exporting.fewer_bits.trials import Network
from paretocli.exporting.fewer_bits.variants import Exact
from paretocli.exporting.formats import FORMATS
from paretocli.exporting.latencies import latencies
from paretocli.exporting.measure import Outputs, compare_outputs
from paretocli.exporting.onnx_file import ONNX, read_onnx, timed_onnx
from paretocli.exporting.quantise_aware.chosen_trained import Choice, chosen_with_training
from paretocli.timing.processors import pinned

Keep = Callable[[str, Function], object]


def write_lossy(
    network: Network,
    formats: Sequence[str],
    folder: Path,
    lossiness: Lossiness,
    threads: int,
    keep: Keep | None = None,
    *,
    there: tuple[Path, Path] | None = None,
) -> dict[str, Lossy]:
    """Write a network in formats that store fewer bits.

    Args:
        network: It.
        formats: Which; others are left out.
        folder: Where to.
        lossiness: What may be lost.
        threads: For latencies.
        keep: Is given the name of a file, and what it is to give, from raw inputs to the outputs'
            tensors: what its operators give one by one, or where a network was trained for it, that
            network with its numbers rounded.
        there: The folders in which the network and the dense one are as ONNX already.

    Raises:
        InputError: A task loses more than it may, there is too little to calibrate with, or the
            network cannot be trained with its numbers rounded.
        RunError: A file stores other numbers than the network has.
    """
    lossy = [name for name in formats if FORMATS[name].lossy]
    if not lossy:
        return {}
    with tempfile.TemporaryDirectory() as made:
        exact, dense = Path(made) / "exact", Path(made) / "dense"
        modules, folders = (network.small, network.dense), (exact, dense)
        for place, module, source in zip(folders, modules, there or (None, None), strict=True):
            place.mkdir()
            if source is None:
                FORMATS["onnx"].write(module, network.names, network.few, place)
            else:
                shutil.copyfile(source / ONNX, place / ONNX)
        sizes = [(place / ONNX).stat().st_size for place in (exact, dense)]
        return {
            name: _write(network, name, exact, folder, lossiness, threads, sizes, keep)
            for name in lossy
        }


def _write(
    network: Network,
    name: str,
    exact_folder: Path,
    folder: Path,
    lossiness: Lossiness,
    threads: int,
    sizes: Sequence[int],
    keep: Keep | None,
) -> Lossy:
    form, problem = FORMATS[name], network.problem
    (file,) = form.files
    samples = (
        calibration_count(name, problem, lossiness.calibration_samples) if form.calibrated else 0
    )
    exact = Exact(
        exact_folder / ONNX,
        {key: tensor.detach().numpy() for key, tensor in network.small.state_dict().items()},
        partial(calibration_batches, problem, [*network.few], samples),
    )
    reference = FORMATS["onnx"].read(exact_folder)
    with tempfile.TemporaryDirectory() as place:
        assert form.variants is not None
        variants = form.variants(exact)
        choice = chosen_with_training(name, variants, network, form, lossiness, Path(place))
        share = _save(choice, exact, folder / file, name)
        rounded = None if choice.tuned is None else choice.tuned.rounded(choice.chosen.given_back)
    function = form.read(folder)
    functions: dict[str, Function] = {"module": network.small, "onnx": reference, name: function}
    found = compare_outputs(problem, functions, network.form)
    exact_alone = {"onnx": found.difference["onnx"]}
    refuse_difference(Outputs({}, exact_alone, found.largest))
    # What the file is to give on any device: more than which numbers it stores.
    right: Function = rounded or read_onnx(folder, file, optimised=False)
    agreement = compare_outputs(problem, {"": right, name: function}, network.form)
    refuse_disagreement(problem, right, function, name)
    if keep is not None:
        keep(file, right)
    before, after = (
        figures(problem, one, network.form, problem.test) for one in (network.small, function)
    )
    with pinned(threads):
        timed = form.timed(folder, threads) if form.timed else function
        times = latencies({"": [timed_onnx(exact_folder, threads), timed]}, network.batches)
    chosen = choice.chosen
    return Lossy(
        file=file,
        bits=form.bits,
        bytes=(folder / file).stat().st_size,
        bytes_exact=sizes[0],
        bytes_dense=sizes[1],
        share=share,
        how=chosen.variant.words,
        calibration_samples=samples,
        layers=tuple(chosen.variant.layers),
        given_back=chosen.given_back,
        back=chosen.variant.back,
        max_drop=lossiness.max_drop,
        validation=chosen.drops,
        test=drops(choice.main, before, after),
        differences=found.difference[name],
        agreement=agreement.difference[name],
        latency={name.removeprefix(", "): pair[1].median for name, pair in times.items()},
        latency_exact={name.removeprefix(", "): pair[0].median for name, pair in times.items()},
        quantise_aware=lossiness.quantise_aware if form.calibrated else 0,
        trained=None
        if choice.tuned is None
        else Trained(choice.tuned.course, dict(choice.untrained)),
    )


def _save(choice: Choice, exact: Exact, file: Path, name: str) -> float:
    """Write a choice, and compare its numbers; the share that is stored in fewer bits."""
    variant, tuned = choice.chosen.variant, choice.tuned
    if tuned is not None:
        exact = tuned.exact
    onnx.save(variant.make(choice.chosen.given_back), file)
    right = named_layers(onnx.load(exact.file), exact.parameters).model
    return refuse_wrong_numbers(right, onnx.load(file), name)

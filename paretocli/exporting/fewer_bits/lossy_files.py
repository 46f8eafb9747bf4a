"""Writing a network in formats of fewer bits, as long as no task loses more than it may."""

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import onnx

from paretocli.exporting.differences import refuse_difference
from paretocli.exporting.fewer_bits.calibration import calibration_batches, calibration_count
from paretocli.exporting.fewer_bits.drops import Function, drops, figures
from paretocli.exporting.fewer_bits.lossiness import Lossiness
from paretocli.exporting.fewer_bits.lossy import Lossy
from paretocli.exporting.fewer_bits.onnx_layers import named_layers
from paretocli.exporting.fewer_bits.stored_numbers import refuse_wrong_numbers
from paretocli.exporting.fewer_bits.trials import Network, Trials, chosen_variant
from paretocli.exporting.fewer_bits.variants import Exact
from paretocli.exporting.formats import FORMATS
from paretocli.exporting.latencies import latencies
from paretocli.exporting.measure import Outputs, compare_outputs
from paretocli.exporting.onnx_file import ONNX, timed_onnx
from paretocli.timing.processors import pinned


def write_lossy(
    network: Network, formats: Sequence[str], folder: Path, lossiness: Lossiness, threads: int
) -> dict[str, Lossy]:
    """Write a network in formats that store fewer bits.

    Args:
        network: It.
        formats: Which; others are left out.
        folder: Where to.
        lossiness: What may be lost.
        threads: For latencies.

    Raises:
        InputError: A task loses more than it may, or there is too little to calibrate with.
        RunError: A file stores other numbers than the network has.
    """
    lossy = [name for name in formats if FORMATS[name].lossy]
    if not lossy:
        return {}
    with tempfile.TemporaryDirectory() as made:
        exact, dense = Path(made) / "exact", Path(made) / "dense"
        for place, module in ((exact, network.small), (dense, network.dense)):
            place.mkdir()
            FORMATS["onnx"].write(module, network.names, network.few, place)
        sizes = [(place / ONNX).stat().st_size for place in (exact, dense)]
        return {
            name: _write(network, name, exact, folder, lossiness, threads, sizes) for name in lossy
        }


def _write(
    network: Network,
    name: str,
    exact_folder: Path,
    folder: Path,
    lossiness: Lossiness,
    threads: int,
    sizes: Sequence[int],
) -> Lossy:
    form, problem = FORMATS[name], network.problem
    (file,) = form.files
    samples = calibration_count(problem, lossiness.calibration_samples) if form.calibrated else 0
    exact = Exact(
        exact_folder / ONNX,
        {key: tensor.detach().numpy() for key, tensor in network.small.state_dict().items()},
        partial(calibration_batches, problem, [*network.few], samples),
    )
    reference = FORMATS["onnx"].read(exact_folder)
    with tempfile.TemporaryDirectory() as place:
        trials = Trials(network, form, Path(place))
        assert form.variants is not None
        chosen = chosen_variant(name, form.variants(exact), trials, lossiness.max_drop)
    model = chosen.variant.make(chosen.exact_layers)
    onnx.save(model, folder / file)
    right = named_layers(onnx.load(exact.file), exact.parameters).model
    share = refuse_wrong_numbers(right, onnx.load(folder / file), name)
    function = form.read(folder)
    functions: dict[str, Function] = {"module": network.small, "onnx": reference, name: function}
    found = compare_outputs(problem, functions, network.form)
    exact_alone = {"onnx": found.difference["onnx"]}
    refuse_difference(Outputs({}, exact_alone, found.largest))
    before, after = (
        figures(problem, one, network.form, problem.test) for one in (network.small, function)
    )
    with pinned(threads):
        timed = form.timed(folder, threads) if form.timed else function
        times = latencies({"": [timed_onnx(exact_folder, threads), timed]}, network.batches)
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
        exact_layers=chosen.exact_layers,
        max_drop=lossiness.max_drop,
        validation=chosen.drops,
        test=drops(trials.main, before, after),
        differences=found.difference[name],
        latency={name.removeprefix(", "): pair[1].median for name, pair in times.items()},
        latency_exact={name.removeprefix(", "): pair[0].median for name, pair in times.items()},
    )

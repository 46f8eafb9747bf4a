"""Well-known networks in eight and 16 bits, half of their rows zero.

    python -m tests.studies.quantised_zoo [--max-drop 1] [NAME …]

The networks of `exported_zoo`, with random parameters: labels are the classes that each says
itself, so that an accuracy is how often the file in fewer bits says the same. Exit code 1 where a
network cannot be stored so, or a task loses more.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import torch
from torch import nn

from paretocli.compaction.shipping import compact_network
from paretocli.compaction.trace import trace
from paretocli.core.as_used import AsUsed, raw_inputs
from paretocli.core.outputs import output_names
from paretocli.core.problem import Problem, Samples
from paretocli.errors import InputError, RunError
from paretocli.exporting.fewer_bits.lossiness import Lossiness
from paretocli.exporting.fewer_bits.lossy import Lossy
from paretocli.exporting.fewer_bits.lossy_files import write_lossy
from paretocli.exporting.fewer_bits.trials import Network
from paretocli.problems.classification import classification
from tests.studies.exported_zoo import ZOO, disturb, same

FORMATS = ("onnx-int8", "onnx-int4", "onnx-fp16", "onnx-bf16")
SIZES = (128, 256, 256)
CLASSES = 5


def try_network(name: str, max_drop: float) -> dict[str, Lossy]:
    """What the formats make of a network of the zoo, compacted."""
    torch.manual_seed(0)
    entry = ZOO[name]
    network = entry.make()
    features = network.heads[0].in_features
    network.heads = nn.ModuleList(nn.Linear(features, CLASSES) for _ in range(2))
    network.eval()
    disturb(network, entry.inputs(2))
    problem = _problem(name, network, entry.inputs)
    dense = AsUsed(problem, network).eval()
    few = {f"inputs{place}": tensor for place, tensor in enumerate(raw_inputs(problem, 2).values())}
    form = dense.by_task(*few.values())
    written = Network(
        problem,
        dense,
        compact_network(trace(dense, few, name)),
        output_names(dense.names, form),
        few,
        form,
        {size: tuple(raw_inputs(problem, size).values()) for size in (1, 64)},
    )
    with tempfile.TemporaryDirectory() as folder:
        return write_lossy(written, FORMATS, Path(folder), Lossiness(max_drop), 1)


@torch.no_grad()
def _problem(name, network, inputs):
    """Two tasks whose labels are the largest of a network's outputs, without their means."""

    def outputs(given):
        return network(*given) if isinstance(given, tuple) else network(given)

    with torch.no_grad():
        first = inputs(SIZES[0])
        for head, output in zip(network.heads, outputs(first), strict=True):
            head.bias -= output.mean(dim=0)  # or one class would always be the largest
        splits = [
            Samples(given, tuple(output.argmax(dim=1) for output in outputs(given)))
            for given in (first, *map(inputs, SIZES[1:]))
        ]
    train, val, test = splits
    return Problem(
        name=name,
        tasks=[classification(task, CLASSES) for task in ("one", "two")],
        train=train,
        val=val,
        test=test,
        prepare=same,
        networks={"own": type(network)},
        evaluation_batch=64,
    )


def _line(kind: str, found: Lossy) -> str:
    times = zip(found.latency_exact.values(), found.latency.values(), strict=True)
    speeds = " and ".join(f"{exact / lossy:.2f}" for exact, lossy in times)
    lost = [f"{drop.drop:.2f}" for drop in found.test.values()]
    return (
        f"  {kind:<10} {found.bytes_exact / found.bytes:4.1f} × smaller, speed {speeds} ×, "
        f"points lost on the test data {' and '.join(lost)}, "
        f"{len(found.given_back)} of {len(found.layers)} layers in fp32; {found.how}"
    )


def main() -> int:
    """Try them; the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--max-drop", type=float, default=1.0)
    parser.add_argument("names", nargs="*", default=[name for name in ZOO if name != "unet"])
    asked = parser.parse_args()
    failed = False
    for name in asked.names:
        print(name, flush=True)
        try:
            for kind, found in try_network(name, asked.max_drop).items():
                print(_line(kind, found), flush=True)
        except (InputError, RunError) as error:
            failed = True
            print(f"  {error}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

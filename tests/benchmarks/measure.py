"""What the benchmarks measure, each in a process of its own: `python -m tests.benchmarks.measure`.

A population as the program trains it, or a plain PyTorch loop with a `DataLoader`, on the same
images, network, optimiser and batches.
"""

import argparse
import json
import resource
import sys
import time
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.flop_counter import FlopCounterMode

from paretocli.sweeping.normalisation import without_scale
from paretocli.sweeping.resolve import resolve
from paretocli.sweeping.subproblems import Subproblems
from paretocli.sweeping.sweep_network import fresh_network
from paretocli.sweeping.trainers import trainer_of
from paretocli.training.machine import flush_denormals, set_up
from paretocli.training.passing import completed

MATRIX = 2048  # side of the matrices whose product is the machine's limit


def main() -> None:
    """Print one measurement as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["population", "loop", "matrix"])
    parser.add_argument("--problem", default="multimnist")
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--points", type=int, default=1)
    parser.add_argument("--samples", type=int, default=5120)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="fp32")
    parser.add_argument("--compile", action="store_true")
    arguments = parser.parse_args()
    flush_denormals()
    torch.set_num_threads(arguments.threads)
    measures = {"population": _population, "loop": _loop, "matrix": _matrix}
    json.dump(measures[arguments.what](arguments), sys.stdout)


def _subproblems(arguments: argparse.Namespace) -> Subproblems:
    shares = [(i + 1) / (arguments.points + 1) for i in range(arguments.points)]
    found = resolve(
        {
            "problem": arguments.problem,
            "data_dir": arguments.data_dir,
            "network": "mdmtn",
            "sparsity": False,
            "weights": [f"{share},{1 - share}" for share in shares],
            "train_samples": arguments.samples,
            "batch_size": 256,
            "epochs": 3,
            "threads": arguments.threads,
            "device": arguments.device,
            "precision": arguments.precision,
            "compile": arguments.compile,
            "stack": arguments.points,
        }
    )
    return Subproblems(found.config, found.problem, without_scale(found.config))


def _population(arguments: argparse.Namespace) -> dict[str, float]:
    subproblems = _subproblems(arguments)
    set_up(arguments.threads, arguments.precision, torch.device(arguments.device))
    before = _peak(arguments.device)
    trainer = trainer_of(subproblems, range(arguments.points))
    completed(trainer.steps())  # the first one takes memory and chooses kernels
    timed = _timed(lambda: completed(trainer.steps()), arguments.device)
    parameters = sum(p.numel() for p in trainer.population.parameters.values())
    return timed | {"peak_bytes": _peak(arguments.device) - before, "parameters": parameters}


def _loop(arguments: argparse.Namespace) -> dict[str, float]:
    """As somebody writes it who trains one network: no settings, samples through a `DataLoader`."""
    subproblems = _subproblems(arguments)
    problem, config = subproblems.problem, subproblems.config
    device = torch.device(arguments.device)
    network = fresh_network("mdmtn", "default", problem, 0).to(device)
    inputs = problem.prepare(problem.train.inputs)
    data = TensorDataset(inputs, *problem.train.targets)
    loader = DataLoader(data, batch_size=config.batch_size, shuffle=True, drop_last=True)
    optimizer = torch.optim.AdamW(network.parameters(), lr=config.lr)

    def epoch() -> None:
        network.train()
        for batch, *targets in loader:
            optimizer.zero_grad()
            outputs = network(batch.to(device))
            losses = [
                nn.functional.cross_entropy(output, target.to(device))
                for output, target in zip(outputs, targets, strict=True)
            ]
            torch.stack(losses).mean().backward()
            optimizer.step()

    epoch()
    timed = _timed(epoch, arguments.device)
    with FlopCounterMode(display=False) as counter:
        outputs = network(inputs[:256].to(device))
        sum(output.sum() for output in outputs).backward()
    steps = len(loader)
    return timed | {"flops": float(counter.get_total_flops() * steps)}


def _matrix(arguments: argparse.Namespace) -> dict[str, float]:
    a, b = (torch.randn(MATRIX, MATRIX, device=arguments.device) for _ in range(2))
    torch.mm(a, b)
    timed = min((_timed(lambda: torch.mm(a, b), arguments.device) for _ in range(5)), key=_wall)
    return timed | {"flops": 2.0 * MATRIX**3}


def _wall(timed: dict[str, float]) -> float:
    return timed["seconds"]


def _timed(function: object, device: str) -> dict[str, float]:
    assert callable(function)
    _wait(device)
    cpu, wall = time.process_time(), time.perf_counter()
    function()
    _wait(device)
    return {"seconds": time.perf_counter() - wall, "cpu_seconds": time.process_time() - cpu}


def _wait(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize()


def _peak(device: str) -> int:
    if device.startswith("cuda"):
        return torch.cuda.max_memory_allocated()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()

"""What an epoch costs beside loops written by hand: `python -m tests.benchmarks.epochs`.

CPU-seconds of an epoch of training and validation, a point, on three problems: by the program, by
a plain loop of PyTorch with a `DataLoader`, and by a bare loop without one, whose images and
kernels lie with the channels last. The three take turns within one process; ratios are medians over
the rounds. Python's share is what a step takes whatever its samples are, of all that it takes:
Python, the calls of operations, and the optimiser. It is that of a step with two samples.
"""

import argparse
import math
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

from paretocli.core.problem import Problem, Samples
from paretocli.options.config import SweepConfig
from paretocli.sweeping.normalisation import without_scale
from paretocli.sweeping.resolve import resolve
from paretocli.sweeping.subproblems import Subproblems
from paretocli.sweeping.sweep_network import fresh_network
from paretocli.sweeping.trainers import trainer_of
from paretocli.training.machine import flush_denormals, set_up
from paretocli.training.trainer import Trainer

Epoch = Callable[[], object]
Batches = Callable[[], Iterator[tuple[Tensor, list[Tensor]]]]

# Problem and options, and how many points train together.
CASES: dict[str, tuple[dict[str, Any], int]] = {
    "MultiMNIST, MDMTN": (
        {"problem": "multimnist", "network": "mdmtn", "batch_size": 256, "train_samples": 5120},
        1,
    ),
    "table (mulan:enb)": ({"problem": "mulan:enb"}, 9),
    "small ResNet": ({"problem": "examples/own_network.py:make", "train_samples": 5120}, 1),
}
WHOLE = {"multimnist": 50_000, "examples/own_network.py:make": 45_000}  # training samples
FEW, STEPS = 2, 10  # samples of a step that shows what Python takes, and how many such steps
WORKERS = 0  # processes of the `DataLoader`: their time would not be counted


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.epochs")
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5, help="each is measured so often")
    parser.add_argument("--repeat", type=int, default=1, help="epochs of a measurement")
    parser.add_argument("--only", default="", help="a part of the names of the cases")
    arguments = parser.parse_args()
    flush_denormals()
    print(f"CPU-seconds an epoch and point, {arguments.threads} threads, medians of", end=" ")
    print(f"{arguments.rounds} rounds (smallest to largest); by how much the loops take longer.")
    print(f"{'':<20} {'own':>24} {'with loader':>20} {'without':>20} {'Python':>7}")
    for name, (options, points) in CASES.items():
        if arguments.only in name:
            print(_row(name, options, points, arguments), flush=True)


def _row(name: str, options: dict[str, Any], points: int, arguments: argparse.Namespace) -> str:
    subproblems = _subproblems(options, points, arguments)
    config = subproblems.config
    set_up(arguments.threads, "fp32", torch.device("cpu"))
    trainer = trainer_of(subproblems, range(points))
    assert isinstance(trainer, Trainer)
    loader, bare = (_loop(subproblems.problem, config, bare=bare) for bare in (False, True))
    epochs: list[tuple[Epoch, int]] = [(trainer.run_epoch, points), (loader, 1), (bare, 1)]
    for epoch, _ in epochs:
        epoch()  # the first one takes memory and chooses kernels
    found = [
        [_seconds(epoch, arguments.repeat) / each for epoch, each in epochs]
        for _ in range(arguments.rounds)
    ]
    own = [one[0] for one in found]
    ratios = [[one[place] / one[0] for one in found] for place in (1, 2)]
    texts = [f"{statistics.median(own):.4f} ({min(own):.4f}–{max(own):.4f})"]
    texts += [f"{statistics.median(r):.2f} ({min(r):.2f}–{max(r):.2f})" for r in ratios]
    share = _share_of_python(subproblems, points, arguments.rounds)
    return f"{name:<20} {texts[0]:>24} {texts[1]:>20} {texts[2]:>20} {100 * share:>5.0f} %"


def _subproblems(
    options: dict[str, Any], points: int, arguments: argparse.Namespace
) -> Subproblems:
    found = resolve(
        {
            **options,
            "data_dir": arguments.data_dir,
            "sparsity": False,
            "epochs": 10_000,
            "schedule": "constant",
            "threads": arguments.threads,
            "device": "cpu",
            "stack": points,
        }
    )
    count = len(found.problem.tasks)
    rows = torch.rand(points, count, generator=torch.Generator().manual_seed(0)) + 0.5
    weights = tuple(tuple(row) for row in (rows / rows.sum(dim=1, keepdim=True)).tolist())
    config = SweepConfig.of({**_values(found.config), "weights": weights})
    problem = found.problem
    # Validation samples in proportion, as training samples are left out.
    few = math.ceil(len(problem.val) * len(problem.train) / WHOLE.get(options["problem"], 1))
    problem = replace(problem, val=problem.val.rows(slice(few)))
    return Subproblems(config, problem, without_scale(config))


def _values(config: SweepConfig) -> dict[str, Any]:
    own = vars(config).copy()
    return own | own.pop("solver_options") | own.pop("transfer_options")


def _loop(problem: Problem, config: SweepConfig, *, bare: bool) -> Epoch:
    """An epoch of one network as somebody writes it by hand: training, then validation."""
    network = fresh_network(config.network, "default", problem, 0)
    layout = torch.channels_last if bare else torch.contiguous_format
    network.to(memory_format=layout)
    train, val = (_prepared(problem, samples) for samples in (problem.train, problem.val))
    if bare and train[0].dim() == 4:
        train, val = ([s[0].to(memory_format=layout), *s[1:]] for s in (train, val))
    make = _indexed if bare else _loaded
    learning = make(train, config.batch_size, True)
    checking = make(val, problem.evaluation_batch if bare else config.batch_size, False)
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[config.optimizer]
    optimizer = kind(network.parameters(), lr=config.lr, weight_decay=config.weight_decay)

    def losses_of(inputs: Tensor, targets: list[Tensor]) -> list[Tensor]:
        outputs = network(inputs)
        scored = zip(problem.tasks, outputs, targets, strict=True)
        return [task.loss(output, target).mean() for task, output, target in scored]

    def epoch() -> None:
        network.train()
        for inputs, targets in learning():
            optimizer.zero_grad()
            torch.stack(losses_of(inputs, targets)).mean().backward()
            optimizer.step()
        network.eval()
        total = 0.0
        with torch.no_grad():
            for inputs, targets in checking():
                total += sum(losses_of(inputs, targets)).item() * len(inputs)

    return epoch


def _prepared(problem: Problem, samples: Any) -> list[Tensor]:
    """Inputs as the network takes them, made once, and targets."""
    assert isinstance(samples, Samples)
    inputs = problem.prepare(samples.inputs)
    assert isinstance(inputs, Tensor)
    return [inputs, *(target for target in samples.targets if isinstance(target, Tensor))]


def _loaded(samples: list[Tensor], size: int, learning: bool) -> Batches:
    data = TensorDataset(*samples)
    size = min(size, len(data))
    loader = DataLoader(
        data, batch_size=size, shuffle=learning, drop_last=learning, num_workers=WORKERS
    )

    def batches() -> Iterator[tuple[Tensor, list[Tensor]]]:
        for inputs, *targets in loader:
            yield inputs, targets

    return batches


def _indexed(samples: list[Tensor], size: int, learning: bool) -> Batches:
    count = len(samples[0])
    size = min(size, count)

    def batches() -> Iterator[tuple[Tensor, list[Tensor]]]:
        if not learning:
            for parts in zip(*(tensor.split(size) for tensor in samples), strict=True):
                yield parts[0], list(parts[1:])
            return
        order = torch.randperm(count)
        for step in range(count // size):
            rows = order[step * size : (step + 1) * size]
            yield samples[0][rows], [target[rows] for target in samples[1:]]

    return batches


def _seconds(epoch: Epoch, repeat: int) -> float:
    before = time.process_time()
    for _ in range(repeat):
        epoch()
    return (time.process_time() - before) / repeat


def _share_of_python(subproblems: Subproblems, points: int, rounds: int) -> float:
    """What a step of training with two samples takes, of one with all."""
    config, problem = subproblems.config, subproblems.problem
    problem = replace(problem, val=problem.val.rows(slice(1)))
    few = replace(problem, train=problem.train.rows(slice(FEW * STEPS)))
    small = replace(subproblems, config=replace(config, batch_size=FEW), problem=few)
    times = []
    for one in (small, replace(subproblems, problem=problem)):
        trainer = trainer_of(one, range(points))
        assert isinstance(trainer, Trainer)
        steps = len(one.problem.train) // one.config.batch_size
        trainer.run_epoch()
        found = [_seconds(trainer.run_epoch, 1) / steps for _ in range(rounds)]
        times.append(statistics.median(found))
    return times[0] / times[1]


if __name__ == "__main__":
    main()

"""How much of an epoch waits for images: `python -m tests.studies.reading_share FOLDER LABELS`.

Shows, for the folder that `examples/unpack_cifar10.py` writes, what share of an epoch passes before
a batch is there: held in memory as `images:FOLDER` has them where they fit, and read as they are
needed (`LazySamples`) by 0, 1 and 2 processes. The last column is a checksum of what was trained,
which is to be the same in all lines of one network. To be run on a machine without neighbours; the
first epoch of each line is not measured.
"""

import argparse
import dataclasses
import hashlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import Tensor
from torchvision.io import ImageReadMode, decode_image

import paretocli.training.trainer as loop
from paretocli import LazySamples
from paretocli.core.problem import Problem
from paretocli.problems.asked import Asked
from paretocli.problems.loading import load_problem
from tests.toys import make_trainer

batches = loop.batches
waited = 0.0


class Pictures:
    """The images of some lines of the table, decoded when they are asked for."""

    def __init__(self, folder: Path, table: pd.DataFrame, targets: tuple[Tensor, ...]) -> None:
        self.paths, self.targets = [str(folder / name) for name in table["file"]], targets

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, place: int) -> tuple[Tensor, ...]:
        image = decode_image(self.paths[place], ImageReadMode.RGB)
        return image, *(target[place] for target in self.targets)


def timed(*given: Any) -> Iterator[Any]:
    """The batches of an epoch; the time that passes before each of them is added up."""
    global waited  # noqa: PLW0603 - a script's only figure
    found = batches(*given)
    while True:
        started = time.perf_counter()
        batch = next(found, None)
        waited += time.perf_counter() - started
        if batch is None:
            return
        yield batch


def measured(problem: Problem, network: str, epochs: int) -> tuple[float, float, str]:
    """The share of waiting, the seconds of an epoch, and a checksum of the parameters."""
    global waited
    defaults = dataclasses.replace(problem.defaults, network=network)
    problem = dataclasses.replace(problem, defaults=defaults)
    rows = [[1 / len(problem.tasks)] * len(problem.tasks)]
    trainer = make_trainer(problem, rows, "linear", epochs=epochs + 1)
    trainer.run_epoch()
    waited, started = 0.0, time.perf_counter()
    for _ in range(epochs):
        trainer.run_epoch()
    seconds = time.perf_counter() - started
    digest = hashlib.sha256()
    for tensor in trainer.population.parameters.values():
        digest.update(tensor.detach().numpy().tobytes())
    return waited / seconds, seconds / epochs, digest.hexdigest()[:12]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.studies.reading_share")
    parser.add_argument("folder", type=Path)
    parser.add_argument("labels", type=Path)
    parser.add_argument("--networks", default="hps,mdmtn")
    parser.add_argument("--epochs", type=int, default=2, help="that are measured")
    given = parser.parse_args()
    torch.set_num_threads(1)
    loop.batches = timed
    whole = load_problem(f"images:{given.folder}", Path(), Asked(labels=given.labels))
    table = pd.read_csv(given.labels)
    table = table[table["split"] == "train"].reset_index(drop=True)
    targets = tuple(whole.train.rows(slice(None)).targets)
    print(f"{len(table):,} images\nnetwork  read by      waiting   s an epoch  checksum")
    for network in given.networks.split(","):
        pictures = Pictures(given.folder, table, targets)
        lazy = {
            f"{workers} processes": LazySamples(pictures, workers=workers) for workers in (0, 1, 2)
        }
        for name, train in {"memory": whole.train, **lazy}.items():
            problem = dataclasses.replace(whole, train=train)
            share, seconds, digest = measured(problem, network, given.epochs)
            print(f"{network:<9}{name:<13}{share:>7.1%}{seconds:>13.1f}  {digest}", flush=True)


if __name__ == "__main__":
    main()

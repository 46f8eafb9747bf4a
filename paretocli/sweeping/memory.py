"""The memory that a sweep takes, before any is taken.

Some points are trained on a few samples, twice, with more samples the second time. Each block of
memory that is taken is noted, and what it would be for the samples of a batch follows from the two;
so does the largest sum of the blocks that are alive at once, in training, evaluation and the
certificate.
"""

import dataclasses
import math
from collections.abc import Sequence
from itertools import cycle, islice
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_iter

from paretocli.core.accelerators import whole_memory
from paretocli.core.generators import generators_kept
from paretocli.core.inputs import tensors_of
from paretocli.core.outputs import flat
from paretocli.core.problem import Data, Problem, Samples, Task
from paretocli.options.config import SweepConfig
from paretocli.options.keeping import FRONT, MOST_KEPT
from paretocli.probing.live_memory import LiveMemory, peaks
from paretocli.probing.rehearsal import CPU
from paretocli.probing.stacking import why_in_turn
from paretocli.sweeping.manifold import mixes_to_the_end
from paretocli.sweeping.normalisation import without_scale
from paretocli.sweeping.subproblems import Subproblems
from paretocli.sweeping.sweep_network import fresh_network
from paretocli.sweeping.trainers import trainer_of
from paretocli.training.evaluation import evaluate
from paretocli.training.trainer import Trainer

PROBED_ROWS = (2, 4)
PROBED_POINTS = (2, 3)  # A single one is never stacked.
SHARE = 0.7  # of a device's memory that is planned with
FEW = 1 / 64  # of it, that parameters may be and not be asked whether they fit
INSIDE = 1.08  # What operations need inside themselves is not seen.
CHECKPOINT_COPIES = 2  # of a training state on its way to a file: written, and sent
PARTS = ("training", "evaluation", "certificate")


@dataclasses.dataclass(frozen=True)
class Need:
    """Bytes.

    Attributes:
        worker: Whatever the number of points.
        point: For each point that trains together with others.
    """

    worker: int
    point: int

    def of(self, points: int) -> int:
        """What so many points take."""
        return self.worker + points * self.point


@dataclasses.dataclass(frozen=True)
class Memory:
    """What is taken, the parts with all that is held meanwhile.

    Attributes:
        data: All splits, bytes.
        held: Parameters, gradients, the optimiser's memory and the copy of the best epoch.
        training: The most in a step of training.
        evaluation: The most in the evaluation of a batch.
        certificate: The most while a finished point is certified.
        saving: The most while a training state is written; beside a GPU, not on it.
    """

    data: int
    held: Need
    training: Need
    evaluation: Need
    certificate: Need
    saving: Need

    def largest(self, points: int, parts: Sequence[str] = (*PARTS, "saving")) -> str:
        """The part that takes the most for so many points together."""
        return max(parts, key=lambda part: getattr(self, part).of(points))

    def of_worker(self, points: int) -> int:
        """What a worker takes for points that train together."""
        need: Need = getattr(self, self.largest(points))
        return self.data + need.of(points)

    def of_all(self, workers: int, points: int) -> int:
        """What a sweep takes: workers in processes of their own get the data sent, and keep it."""
        if workers == 1:
            return self.of_worker(points)
        sent = (2 * workers + 2) * self.data
        return sent + workers * (self.of_worker(points) - self.data)

    def points_on(self, device: torch.device) -> int:
        """How many points fit on a device, at least one.

        By its whole memory, not by what happens to be free: the same command should mean the same.
        """
        room = SHARE * whole_memory(device) - self.data
        parts = (*PARTS, "saving") if device.type == "cpu" else PARTS
        needs: list[Need] = [getattr(self, part) for part in parts]
        return max(1, min(int((room - need.worker) / max(1, need.point)) for need in needs))


def fitting_points(config: SweepConfig, problem: Problem, points: int, network: nn.Module) -> int:
    """How many points fit on the device together, at least one and at most `points`.

    On a CPU small networks are taken to fit: what they take would be long to find out.

    Args:
        config: The sweep.
        problem: Its problem.
        points: How many there are.
        network: That of a point.
    """
    device = torch.device(config.device)
    if device.type == "cpu":
        size = points * sum(p.numel() * p.element_size() for p in network.parameters())
        if size <= FEW * whole_memory(device):
            return points
    return min(points, expected_memory(config, problem, points).points_on(device))


def expected_memory(config: SweepConfig, problem: Problem, points: int) -> Memory:
    """What a sweep takes, found by training a few of its points on a few samples, on the CPU.

    Args:
        config: The sweep.
        problem: Its problem.
        points: How many train together, at most.
    """
    counts = PROBED_POINTS if points > 1 else (1,)
    with generators_kept(CPU):
        stacked = points > 1 and not _in_turn(config, problem)
        found = [_of_points(config, problem, count, stacked=stacked) for count in counts]
    needs = {part: _need(counts, [one[part] for one in found]) for part in found[0]}
    return Memory(data=sum(_bytes(samples) for samples in problem.splits().values()), **needs)


def _need(counts: Sequence[int], sizes: Sequence[float]) -> Need:
    if len(counts) == 1:
        return Need(0, round(sizes[0]))
    point = (sizes[1] - sizes[0]) / (counts[1] - counts[0])
    return Need(max(0, round(sizes[0] - counts[0] * point)), round(point))


def _of_points(
    config: SweepConfig, problem: Problem, points: int, *, stacked: bool
) -> dict[str, float]:
    """The most that so many points take in each part, bytes."""
    (few, _, _), (more, state, network) = (
        _trained(config, problem, points, rows, stacked=stacked) for rows in PROBED_ROWS
    )
    sizes = [float(block.size) for block in more.blocks]
    before = [float(block.size) for block in few.blocks]
    if len(before) != len(sizes):  # what is computed depends on the data
        before = [0.0] * len(sizes)
    batch = min(config.batch_size, len(problem.an_epoch))
    of_process = -(-batch // config.devices)
    at_once = min(config.micro_batch or of_process, of_process)
    measured = min(problem.evaluation_batch, max(map(len, problem.splits().values())))
    rows = {"training": at_once, "evaluation": measured, "certificate": min(at_once, measured)}
    gained = PROBED_ROWS[1] - PROBED_ROWS[0]
    grown = [
        size + max(0.0, size - old) / gained * (rows.get(block.part, 0) - PROBED_ROWS[1])
        for size, old, block in zip(sizes, before, more.blocks, strict=True)
    ]
    found = peaks(more, grown)
    taken = {part: INSIDE * found[part] for part in PARTS}
    # The other parts of a batch, as they are and prepared.
    networks = points if config.batches == "independent" else 1
    sample = _bytes(problem.train.rows(slice(1)))
    taken["training"] += 2 * networks * (batch - at_once) * sample
    saving = found["held"] + CHECKPOINT_COPIES * state
    # Kept epochs are on the CPU, wherever the networks are; one of them was measured.
    kept = MOST_KEPT * points * network if config.keep == FRONT else 0
    there = kept if config.device == "cpu" else 0
    # Points that stand still are put back as they were: from a copy.
    copies = points * network if config.patience else 0
    there, kept = there + copies, kept + copies
    return {
        "held": found["held"] + there,
        **{part: size + there for part, size in taken.items()},
        "saving": saving + (1 + CHECKPOINT_COPIES) * kept,
    }


def _trained(
    config: SweepConfig, problem: Problem, points: int, rows: int, *, stacked: bool
) -> tuple[LiveMemory, int, int]:
    """What is taken while points train with so many samples a batch, and bytes.

    Those of their state, and of a single network with what its solver knows. Two batches of each
    kind, for the second is made while the first one is still there.
    """
    subproblems = _small_subproblems(config, problem, rows)
    small = subproblems.problem
    with LiveMemory() as live:
        with live.part("training"):
            trainer = trainer_of(subproblems, range(points), stacked=stacked)
            assert isinstance(trainer, Trainer)
            _as_on(torch.device(config.device), trainer)
            trainer.run_epoch()
        with live.part("held"):
            torch.zeros(1)  # something has to happen for it to be seen
            state = _size_of(trainer.state_dict())
            network = _size_of(trainer.best.tensors) // points
        with live.part("evaluation"):
            evaluate(trainer.population, trainer.splits["val"], small.prepare, rows)
        with live.part("certificate"):
            trainer.finish()
    return live, state, network


def _small_subproblems(config: SweepConfig, problem: Problem, rows: int) -> Subproblems:
    """The sweep for two batches of so many samples, an epoch long, on the CPU."""
    splits: dict[str, Any] = {
        split: data.rows(problem.some_rows(split, 2 * rows)[: 2 * rows])
        for split, data in problem.splits().items()
    }
    tasks = tuple(map(_unasked, problem.tasks))
    small = dataclasses.replace(
        problem, **splits, train_weights=None, tasks=tasks, evaluation_batch=rows
    )
    # Of the whole: so few samples may have no label of a task, which nothing here asks for.
    vars(small)["labelled"] = problem.labelled
    # A sweep of two points is measured with three too.
    weights = tuple(islice(cycle(config.weights), max(PROBED_POINTS)))
    short = dataclasses.replace(
        config,
        weights=weights,
        batch_size=rows,
        train_samples=2 * rows,
        epochs=1,
        retrain_epochs=0,
        micro_batch=0,
        thaw=(),
        at_once=0,
        devices=1,
        init="default",
        transfer=config.transfer if mixes_to_the_end(config) else "none",
        device="cpu",
        compile=False,
    )
    state = fresh_network(config.network, "default", problem, config.seed).state_dict()
    return Subproblems(
        short,
        small,
        without_scale(short),
        frozen=state if config.frozen_point else None,
        teachers=(state,) * len(problem.tasks) if config.taught_by else (),
        pretrained=state if config.started_from else None,
    )


def _unasked(task: Task) -> Task:
    """A task whose metrics of a whole split have no value: some have none of so few samples."""
    metrics = {
        name: dataclasses.replace(metric, function=_no_value) if metric.of_whole else metric
        for name, metric in task.all_metrics.items()
    }
    return dataclasses.replace(task, metrics=metrics)


def _no_value(output: Tensor, target: Tensor) -> float:
    return math.nan


def _as_on(device: torch.device, trainer: Trainer) -> None:
    """Let torch's optimisers work as they do on a device: on a GPU, on all tensors at once."""
    for optimizer in trainer.descent.optimizers:
        for group in optimizer.param_groups:
            if device.type == "cuda" and "foreach" in group:
                group["foreach"] = True


def _in_turn(config: SweepConfig, problem: Problem) -> bool:
    network = fresh_network(config.network, "default", problem, config.seed)
    apart = config.batches == "independent"
    device = torch.device(config.device)
    return bool(why_in_turn(problem, network, device, batch_size=config.batch_size, apart=apart))


def _size_of(state: object) -> int:
    tensors = [leaf for leaf in tree_iter(state) if isinstance(leaf, Tensor)]
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def _bytes(samples: Data) -> int:
    """Data that is read as it is needed takes no memory to speak of."""
    if not isinstance(samples, Samples):
        return 0
    tensors = (*tensors_of(samples.inputs).values(), *flat(samples.targets))
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)

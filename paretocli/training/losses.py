"""The losses of a batch of training, beside which networks may have teachers."""

from dataclasses import dataclass

import torch
from torch import Tensor

from paretocli.core.auxiliary import targets_of
from paretocli.core.inputs import Inputs, all_mapped, mapped
from paretocli.core.outputs import Outputs
from paretocli.core.placing import placed_function
from paretocli.core.problem import Problem, Samples
from paretocli.distillation.teachers import Teachers
from paretocli.population.population import Population
from paretocli.training.auxiliary import Auxiliary


@dataclass(frozen=True)
class Part:
    """Some samples of a batch.

    Attributes:
        inputs: Prepared (B, …), of one network after the other where each has its own.
        targets: One (B, …) a task.
        share: Of the batch's samples.
    """

    inputs: Inputs
    targets: Outputs
    share: float

    def rows(self, networks: int, rows: slice, count: int) -> "Part":
        """Some of the `count` samples of each network."""

        def of_each(tensor: Tensor) -> Tensor:
            apart = tensor.reshape(networks, count, *tensor.shape[1:])
            return apart[:, rows].flatten(0, 1)

        share = self.share * (rows.stop - rows.start) / count
        return Part(mapped(of_each, self.inputs), all_mapped(of_each, self.targets), share)


class TrainingLosses:
    """Measures batches of training.

    Args:
        problem: Prepares batches, changes them at random, and says how much samples count.
        population: The K networks.
        apart: Whether a batch holds samples of one network after the other.
        teachers: What the networks imitate beside, if anything.

    Attributes:
        auxiliary: How much the auxiliary losses count.
    """

    def __init__(
        self, problem: Problem, population: Population, *, apart: bool, teachers: Teachers | None
    ) -> None:
        self._problem = problem
        self._prepare = placed_function(problem.prepare, population.device)
        self._augment = placed_function(problem.augment, population.device)
        self._population = population
        self._apart = apart
        self._teachers = teachers
        self._labelled = self._mean_weights()
        self.auxiliary = Auxiliary(problem.auxiliary.values(), population.device)

    def parts(self, batch: Samples, largest: int) -> tuple[Part, ...]:
        """A batch, prepared and changed at random, in parts of so many samples at most.

        Of several processes each has parts of its own; what is drawn is drawn for the whole batch.

        Args:
            batch: Samples of training.
            largest: Samples of a network in a part; 0 for all of them in one.
        """
        inputs = self._prepare(batch.inputs)
        if self._augment is not None:
            inputs = self._augment(inputs)
        whole = Part(inputs, tuple(batch.targets), 1.0)
        networks = self._population.size if self._apart else 1
        count, company = len(batch) // networks, self._population.company
        own = company.rows(count)
        largest = largest or count
        if company.size == 1 and largest >= count:
            return (whole,)
        return tuple(
            whole.rows(networks, slice(first, min(first + largest, own.stop)), count)
            for first in range(own.start, own.stop, largest)
        )

    def of(self, part: Part) -> tuple[Tensor, Tensor]:
        """Losses (K, t + a), with what is to be imitated in them, and statistics (K, s).

        Of the tasks, and after them the auxiliary ones.
        """
        inputs, targets = part.inputs, targets_of(part.targets, len(self._problem.trained))
        if self._teachers is not None:
            targets = (*targets, *self._teachers.features(inputs))
        losses, statistics = self._population.measure(inputs, targets, apart=self._apart)
        if self._labelled is not None:
            losses = losses / self._labelled
        if self._teachers is not None:
            losses = self._teachers.added(losses)
        return losses, statistics.detach()  # some follow losses, and have a graph

    def _mean_weights(self) -> Tensor | None:
        """Those of the training samples (m,), None where all have labels and count 1.

        A batch's loss over them, not over the labels that it happens to have, is unbiased: the
        mean over an epoch is that over the labelled samples, and a batch without any adds nothing.
        """
        tasks = self._problem.tasks
        if not any(task.counts_weights for task in tasks):
            return None
        others = len(self._population.tasks) - len(tasks)  # have no labels
        shares = [*self._problem.labelled["train"], *[1.0] * others]
        return torch.tensor(shares, device=self._population.device)

"""K copies of one network as one stacked network."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from functools import partial
from operator import itemgetter
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from paretocli.core.generators import generators_kept
from paretocli.core.inputs import Inputs, Several, all_mapped, arguments_of, call, combined, mapped
from paretocli.core.outputs import Outputs, as_floats, outputs_by_task
from paretocli.core.placing import placed
from paretocli.core.problem import Task
from paretocli.execution.company import ALONE, Company
from paretocli.population.batch_norm import synchronise
from paretocli.population.binding import bound
from paretocli.population.copies import Copies
from paretocli.population.half_precision import half_precision, stackable
from paretocli.population.kernels import differentiable_kernels
from paretocli.population.layout import channels_last, unbound
from paretocli.population.scores import Scoring, kept_outputs, measurable

Tensors = dict[str, Tensor]
Measured = tuple[Tensor, Tensor, Outputs]  # losses, statistics, outputs that are kept
Step = Callable[..., Measured]
T = TypeVar("T")


class Population(Copies):
    """K subproblems that train together.

    All K start as copies of one network and nothing passes from one to another here. They compute
    either stacked, by `vmap`, or one after another, by the same code.

    Args:
        network: Returns one output a task, as `paretocli.core.outputs` has it. Its
            parameters are the start of every subproblem.
        tasks: What to measure on the outputs.
        size: K.
        device: Where the parameters live.
        stacked: Compute all K at once. One after another is faster for convolutions on a CPU, and
            it does for networks that `vmap` cannot take.
        recomputes: The network computes parts again in the backward pass, so it has to keep the
            parameters that it is given; it is not stacked then.
        autocast: Numbers of 16 bits for the forward pass, where torch thinks them safe.
        company: The processes that train them together, each a part of every batch. Copies are not
            stacked then.
        compiled: Let `torch.compile` make the kernels of training; evaluation, whose batches have
            several sizes, stays as it is.
    """

    def __init__(
        self,
        network: nn.Module,
        tasks: Sequence[Task],
        size: int,
        *,
        device: torch.device,
        stacked: bool = True,
        recomputes: bool = False,
        autocast: torch.dtype | None = None,
        compiled: bool = False,
        company: Company = ALONE,
    ) -> None:
        if company.size > 1:
            synchronise(network, company)
        super().__init__(network, size, device=device)
        self.tasks = tuple(placed(task, device) for task in tasks)
        self._names = [task.name for task in tasks]
        self.company = company
        self.stacked = stacked and size > 1 and not recomputes and company.size == 1
        self._recomputes = recomputes
        self.autocast = autocast
        stackable(network, autocast if self.stacked else None)
        self._recurrent = any(isinstance(module, nn.RNNBase) for module in network.modules())

        self._scoring = Scoring(compiled=compiled)
        # Functions of the class: methods of this object would keep it alive for the collector.
        self._steps: dict[bool, Step] = {
            True: Population._measure_stacked,
            False: Population._measure_one,
        }
        self._training_steps = self._steps
        if compiled:
            # Shapes do not change from step to step, and need no guard as if they might.
            self._training_steps = {
                stacked: torch.compile(step, dynamic=False) for stacked, step in self._steps.items()
            }

    def train(self, mode: bool = True) -> None:
        """Switch dropout, batch norm and the like to training or evaluation."""
        self._network.train(mode)

    def measure(
        self, inputs: Inputs, targets: Sequence[Several], *, apart: bool = False
    ) -> tuple[Tensor, Tensor]:
        """The tasks' losses (K, m), differentiable, and their metrics' statistics (K, s).

        Both are means over one batch, in which samples without a label count as 0; the share of
        the others is one of the statistics.

        Args:
            inputs: Prepared inputs (B, …), one tensor or several, the same for all subproblems.
            targets: One (B, …) a task.
            apart: The inputs and targets (K · B, …) are those of one subproblem after the other.
        """
        losses, statistics, _ = self._measured(inputs, targets, apart=apart)
        return losses, statistics

    def measure_and_keep(self, inputs: Inputs, targets: Sequence[Several]) -> Measured:
        """As `measure`, and the outputs (K, B, …) of tasks with metrics of a whole split."""
        return self._measured(inputs, targets, keep=True)

    def measure_task(
        self, number: int, inputs: Inputs, targets: Sequence[Several]
    ) -> tuple[Tensor, Tensor]:
        """As `measure`, of one task alone: its losses (K,) and statistics (K, s).

        Args:
            number: Which task.
            inputs: As for `measure`.
            targets: One for each task, as for `measure`.
        """
        losses, statistics, _ = self._measured(inputs, targets, only=number)
        return losses[:, 0], statistics

    def _measured(
        self,
        inputs: Inputs,
        targets: Sequence[Several],
        *,
        apart: bool = False,
        keep: bool = False,
        only: int | None = None,
    ) -> Measured:
        if self._channels_last:
            inputs = mapped(channels_last, inputs)
        given = tuple(targets)
        if apart:
            inputs = mapped(self._one_each, inputs)
            given = all_mapped(self._one_each, given)
        step = (self._training_steps if self._network.training else self._steps)[self.stacked]
        with (
            half_precision(self.device, self.autocast, scaled=only is None),
            differentiable_kernels(recurrent=self._recurrent and not self._network.training),
        ):
            if self.stacked:
                step = partial(step, apart=apart)
                return step(
                    self, self.parameters, self.buffers, inputs, given, keep=keep, only=only
                )
            step = partial(step, keep=keep, only=only)
            return self._measure_in_turn(step, inputs, given, apart=apart)

    def _measure_stacked(
        self,
        parameters: Tensors,
        buffers: Tensors,
        inputs: Inputs,
        targets: Outputs,
        *,
        apart: bool,
        keep: bool,
        only: int | None,
    ) -> Measured:
        # Dropout draws the masks once for all subproblems, so that one subproblem's result does
        # not depend on how many others there are.
        axis = 0 if apart else None
        # Networks and scores in one call: each takes longer than a small network's operations do.
        step = vmap(
            partial(self._scored, self._scoring.inside, only),
            in_dims=(0, 0, axis, axis),
            randomness="same",
        )
        outputs, found = step(parameters, buffers, inputs, targets)
        parts = zip(measurable(self.tasks, outputs, targets, only), found, strict=True)
        scores = [self._scoring.of_all(*one, scored, apart=apart) for one, scored in parts]
        losses, statistics = zip(*scores, strict=True)
        kept = kept_outputs(self.tasks, outputs, targets) if keep else ()
        return torch.stack(losses, dim=1), torch.cat(statistics, dim=1), kept

    def _measure_in_turn(
        self,
        step: Step,
        inputs: Inputs,
        targets: Outputs,
        *,
        apart: bool,
    ) -> Measured:
        parameters, buffers = unbound(self.parameters), unbound(self.buffers)
        measured = []
        for member in range(self.size):
            own_parameters = {name: parts[member] for name, parts in parameters.items()}
            own_buffers = {name: parts[member] for name, parts in buffers.items()}
            own_inputs = mapped(itemgetter(member), inputs) if apart else inputs
            own_targets = all_mapped(itemgetter(member), targets) if apart else targets
            last = member + 1 == self.size
            # All but the last leave the generators as they were: the same masks for everybody.
            with nullcontext() if last else generators_kept(self.device):
                measured.append(step(self, own_parameters, own_buffers, own_inputs, own_targets))
        losses, statistics, kept = zip(*measured, strict=True)
        outputs = tuple(combined(torch.stack, each) for each in zip(*kept, strict=True))
        return torch.stack(losses), torch.stack(statistics), outputs

    def _measure_one(
        self,
        parameters: Tensors,
        buffers: Tensors,
        inputs: Inputs,
        targets: Outputs,
        *,
        keep: bool,
        only: int | None,
    ) -> Measured:
        own = (parameters, buffers, inputs, targets)
        outputs, scores = self._scored(self._scoring.of_one, only, *own)
        losses, statistics = zip(*scores, strict=True)
        kept = kept_outputs(self.tasks, outputs, targets) if keep else ()
        return torch.stack(losses), torch.cat(statistics), kept

    def metrics(self, statistics: Tensor) -> Tensor:
        """The tasks' metrics (K, q) from their statistics' means (K, s) over all samples."""
        parts = self._by_task(statistics)
        return torch.cat([task.figures(part) for task, part in parts], dim=1)

    def over_labelled(self, losses: Tensor, statistics: Tensor) -> Tensor:
        """The tasks' losses (K, m) over the labelled samples, from means over all of them.

        NaN where no sample has a label.

        Args:
            losses: Means of what `measure` gives (K, m).
            statistics: The same (K, s).
        """
        each = zip(losses.unbind(dim=1), self._by_task(statistics), strict=False)
        return torch.stack([task.loss_over(mean, part) for mean, (task, part) in each], dim=1)

    def there(self, statistics: Tensor) -> Tensor:
        """Which tasks have labels (K, m) in a batch, from what `measure` gives (K, s)."""
        return self._labelled_shares(statistics) > 0

    def _labelled_shares(self, statistics: Tensor) -> Tensor:
        shares = [task.labelled_share(part) for task, part in self._by_task(statistics)]
        return torch.stack(shares, dim=1)

    def _by_task(self, statistics: Tensor) -> Iterator[tuple[Task, Tensor]]:
        sizes = [task.statistics_size for task in self.tasks]
        return zip(self.tasks, torch.split(statistics, sizes, dim=1), strict=True)

    def _call(self, count: int, parameters: Tensors, buffers: Tensors, inputs: Inputs) -> Outputs:
        if self._recomputes:
            returned = call(bound(self._network, parameters | buffers), inputs)
        else:
            returned = functional_call(self._network, (parameters, buffers), *arguments_of(inputs))
        return tuple(map(as_floats, outputs_by_task(returned, self._names[:count])))

    def _scored(
        self,
        score: Callable[[Task, Several, Several], T],
        only: int | None,
        parameters: Tensors,
        buffers: Tensors,
        inputs: Inputs,
        targets: Outputs,
    ) -> tuple[Outputs, list[T]]:
        outputs = self._call(len(targets), parameters, buffers, inputs)
        return outputs, [score(*one) for one in measurable(self.tasks, outputs, targets, only)]

    def _one_each(self, batches: Tensor) -> Tensor:
        """A view (K, B, …) of the members' batches (K · B, …) that follow one another."""
        return batches.view(self.size, len(batches) // self.size, *batches.shape[1:])

"""A population of which a part at a time is on the device; the others wait on the host.

Each part has a trainer of its own, and they take turns: an epoch each, or, where subproblems pass
parameters to each other, the steps up to the next time that they do. What comes of it is what comes
of a trainer of all, but for the rounding of computing fewer copies at once.
"""

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import pairwise
from typing import Any, TypeVar

import torch
from torch import Tensor

from paretocli.core.accelerators import random_state, set_random_state
from paretocli.population.mixing import mix_
from paretocli.population.transfer import Transfer
from paretocli.training.breakdown import Breakdown
from paretocli.training.joining import (
    HOST,
    joined_breakdowns,
    joined_reports,
    joined_states,
    on,
    part_of_state,
)
from paretocli.training.moving import move
from paretocli.training.passing import Exchange, Handed
from paretocli.training.reports import EpochReport, Outcome
from paretocli.training.shown import is_measured
from paretocli.training.trainer import Trainer

T = TypeVar("T")
Part = tuple[int, ...]

# From the places of some subproblems, their trainer.
PartFactory = Callable[[Part], Trainer]


def parts_of(size: int, at_once: int) -> tuple[Part, ...]:
    """The places of subproblems that are on the device together, as even as can be."""
    count = -(-size // at_once)
    ends = [size * number // count for number in range(count + 1)]
    return tuple(tuple(range(first, end)) for first, end in pairwise(ends))


class TurnsTrainer:
    """Trains K subproblems, some at a time; used like a `Trainer`.

    Args:
        make: Makes the trainer of some of them, on the device.
        size: K.
        at_once: How many are on the device at a time.
        device: The device.
        transfer: What the subproblems pass to each other until the search ends, if anything.
    """

    def __init__(
        self,
        make: PartFactory,
        size: int,
        at_once: int,
        *,
        device: torch.device,
        transfer: Transfer | None = None,
    ) -> None:
        self._parts = parts_of(size, at_once)
        self._device = device
        self._transfer = transfer
        self._transferred: Sequence[str] = ()
        self._seconds = 0.0
        self.trainers: list[Trainer] = []
        for part in self._parts:
            trainer = make(part)
            if self.trainers:
                trainer.splits = self.trainers[0].splits
            if transfer is not None:
                self._transferred, trainer.passing = trainer.passing.names, Handed()
                trainer.phases.standstill.together = True
            self.trainers.append(trainer)
            move(trainer, HOST)
        self._standstills = [trainer.phases.standstill for trainer in self.trainers]
        for standstill in self._standstills:
            standstill.company = self._standstills

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return self.trainers[0].epoch

    @property
    def finished(self) -> bool:
        """Whether nothing is left to train."""
        return self.trainers[0].phases.finished or bool((self.failed_epoch > 0).all())

    @property
    def failed_epoch(self) -> Tensor:
        """The epoch in which each subproblem diverged (K,), 0 if it did not."""
        return torch.cat([trainer.failed_epoch for trainer in self.trainers])

    @property
    def breakdown(self) -> Breakdown:
        """When the losses of each first were not finite."""
        return joined_breakdowns([trainer.breakdown for trainer in self.trainers])

    def run_epoch(self) -> EpochReport:
        """As `Trainer.run_epoch`."""
        started = time.perf_counter()
        if self.trainers[0].phases.search_over:  # for all, and each asks whether it is for all
            for trainer in self.trainers:
                with self._there(trainer):
                    trainer.end_search()
        reports = self._in_turns([trainer.stretches() for trainer in self.trainers])
        self._observed([trainer.passing.taken() for trainer in self.trainers])
        for standstill in self._standstills:
            standstill.end_together()
        self._seconds += time.perf_counter() - started
        self._measure_test(reports)
        done = sum(report.subproblem_epochs for report in reports)
        return joined_reports(reports, seconds=self._seconds, subproblem_epochs=done)

    def _measure_test(self, reports: Sequence[EpochReport]) -> None:
        """The test split of all parts, or of none: a part does not know which epoch is the last."""
        asked = is_measured(self.epoch, self.trainers[0].settings.evaluate_every)
        for trainer, report in zip(self.trainers, reports, strict=True):
            if not self.finished and not asked:
                report.figures.pop("test", None)
            elif "test" not in report.figures:
                ended = trainer.phases.standstill.ended
                with self._there(trainer), trainer.descent.averaged(ended):
                    report.figures["test"] = trainer.evaluated("test")

    def finish(self) -> Outcome:
        """As `Trainer.finish`; the networks are on the host."""
        started = time.perf_counter()
        outcomes = []
        for trainer in self.trainers:
            with self._there(trainer):
                outcomes.append(_on_host(trainer.finish()))
        self._seconds += time.perf_counter() - started
        return joined_reports(outcomes, seconds=self._seconds)

    def state_dict(self) -> dict[str, Any]:
        """As that of a trainer of all, on the host."""
        whole = joined_states([on(HOST, trainer.state_dict()) for trainer in self.trainers])
        rule = {} if self._transfer is None else self._transfer.state_dict()
        return {**whole, "seconds": self._seconds, "transfer": on(HOST, rule)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up a state given by `state_dict`, however many were on the device at a time then.

        Raises:
            Exception: It is none of such a trainer's; of which kind, torch decides.
        """
        self._seconds = float(state["seconds"])
        for part, trainer in zip(self._parts, self.trainers, strict=True):
            own = part_of_state(state, part, first=part == self._parts[0])
            # The rest is copied to where the trainer has it, or waits.
            own["pattern"] = on(self._device, own["pattern"])
            with self._there(trainer):
                trainer.load_state_dict(own)
        if self._transfer is not None:
            self._transfer.load_state_dict(on(self._device, state["transfer"]))

    def _in_turns(self, runs: Sequence[Generator[Exchange, None, T]]) -> list[T]:
        """What parts come to that stop at the same exchanges."""
        random: list[tuple[Tensor, Tensor | None] | None] = [None] * len(runs)
        while True:
            stops: list[Exchange] = []
            ends: list[T] = []
            for place, (trainer, run) in enumerate(zip(self.trainers, runs, strict=True)):
                with self._there(trainer):
                    # Each draws as if it were alone: what is random is the same for all.
                    _restored(random[place], self._device)
                    try:
                        stops.append(next(run))
                    except StopIteration as ended:
                        ends.append(ended.value)
                    random[place] = torch.get_rng_state(), random_state(self._device)
            if not stops:
                return ends
            self._exchange(stops)

    @contextmanager
    def _there(self, trainer: Trainer) -> Iterator[None]:
        """A part on the device; afterwards it waits on the host again."""
        move(trainer, self._device)
        yield
        move(trainer, HOST)

    def _exchange(self, stops: Sequence[Exchange]) -> None:
        """Θ ← M Θ on the host, as `Passing` has it for a population that is together."""
        assert self._transfer is not None
        last = self._observed([stop.seen for stop in stops])[-1]
        matrix = self._transfer.matrix(stops[0].progress)
        if matrix is None:
            return
        matrix, healthy = on(HOST, (matrix, last.isfinite().all(dim=1)))
        parts = [trainer.descent.moving() for trainer in self.trainers]
        with ExitStack() as zero_rows:
            for trainer in self.trainers:
                zero_rows.enter_context(trainer.descent.zero_rows_kept())
            for name in (
                one for one in self._transferred if one in parts[0]
            ):  # of one at a time there is a copy
                whole = torch.cat([part[name] for part in parts])
                mix_({name: whole}, matrix, healthy)
                for part, mixed in zip(parts, self._apart(whole), strict=True):
                    part[name].copy_(mixed)

    def _observed(self, seen: Sequence[list[Tensor]]) -> list[Tensor]:
        """Tell the rule the objectives (K, m) of some steps, from those of each part."""
        of_all = [torch.cat(each) for each in zip(*seen, strict=True)]
        if self._transfer is not None:
            for objectives in of_all:
                self._transfer.observe(objectives)
        return of_all

    def _apart(self, whole: Tensor) -> Iterator[Tensor]:
        return iter(torch.split(whole, [len(part) for part in self._parts]))


def reweight(trainer: Trainer | TurnsTrainer, ratio: Tensor) -> None:
    """Fit the solvers' states to other weights, `ratio` (K, m) times those before."""
    parts = [trainer] if isinstance(trainer, Trainer) else trainer.trainers
    own = torch.split(ratio, [part.population.size for part in parts])
    for part, of_part in zip(parts, own, strict=True):
        part.solver.reweighted(of_part)


def _restored(random: tuple[Tensor, Tensor | None] | None, device: torch.device) -> None:
    """Put the generators into a state that they were in."""
    if random is not None:
        torch.set_rng_state(random[0])
        if random[1] is not None:
            set_random_state(random[1], device)


def _on_host(outcome: Outcome) -> Outcome:
    tensors, search_end = on(HOST, (outcome.tensors, outcome.search_end))
    return replace(outcome, tensors=tensors, search_end=search_end)

"""What workers say, kept in the run directory: the only place that writes while a sweep runs."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch

from paretocli.execution.executor import Ended
from paretocli.front.indicators import NONE_BELOW, reach
from paretocli.planning.plan import Shard
from paretocli.run_directory.history import HistoryLine
from paretocli.run_directory.point_record import PointRecord, RecordPart
from paretocli.run_directory.rounds import Round
from paretocli.run_directory.sweep_content import Identity
from paretocli.sweeping.jobs import Job, load_state
from paretocli.sweeping.kept import KeptStart
from paretocli.sweeping.observers import Observer
from paretocli.sweeping.pace import Pace
from paretocli.sweeping.sizes import Sizes, TracedNetwork
from paretocli.sweeping.solve import DeviceFull, EpochDone, PointDone, Saved, StartedAnew, owner
from paretocli.sweeping.starts import Start, searched_network
from paretocli.sweeping.store import RunDirectory
from paretocli.sweeping.subproblems import Subproblems
from paretocli.sweeping.sweep_network import fresh_network, stored_names

MOST_LOSSES = 1  # of a worker, until a shard is given up
MOST_NUMBERS = 4  # of a corner that are shown
WORDS = {"train": "training", "val": "validation", "test": "test"}
SHARE = 0.005  # of the time, for the tables while the sweep runs; as much for the hypervolume


class Collector:
    """Keeps what the shards of a sweep yield.

    Args:
        subproblems: The sweep.
        directory: Where it goes.
        observer: Who is told of the progress.
        records: Of the points that are there already.
        traced: A network of the sweep, where its operations may be known already.
    """

    def __init__(
        self,
        subproblems: Subproblems,
        directory: RunDirectory,
        observer: Observer,
        records: Iterable[PointRecord] = (),
        traced: TracedNetwork | None = None,
    ) -> None:
        self.subproblems = subproblems
        self.sizes = Sizes(traced or _untraced(subproblems), observer.note)
        self.directory = directory
        self.observer = observer
        self.shards: dict[str, Shard] = {}
        self.losses_of_workers: dict[str, int] = {}
        self.errors: dict[str, Ended] = {}
        self.full: set[str] = set()  # shards of which fewer points are to be tried at a time
        self.at_once = 0
        self.identity = cast(Identity, subproblems.config.of_kind("identity"))
        self.recorded = {record["point"]: record for record in records}
        for one in subproblems.rounds:
            observer.points_planned(one.points, one.total_epochs)
        observer.points_there(sorted(self.recorded))
        # The newest validation losses of each point, for the hypervolume of all of them.
        self.reached = self._nothing(len(subproblems.weights))
        for point, record in self.recorded.items():
            self._reach(point, record)
        self.hypervolume: float | None = None
        self.below: set[str] = set()  # objectives that fell below their ideal
        self.tables, self.hypervolumes = Pace(SHARE), Pace(SHARE)

    def _nothing(self, points: int) -> npt.NDArray[np.float64]:
        return np.full((points, len(self.subproblems.config.objectives)), np.nan)

    def begin(self, plan: Sequence[Shard]) -> None:
        """Expect the messages of shards.

        Args:
            plan: Those of a round that are not finished.
        """
        self.shards |= {shard.name: shard for shard in plan}
        self.losses_of_workers |= {shard.name: 0 for shard in plan}

    def add(self, one: Round) -> None:
        """Take up a round of further points, which is written down from now on."""
        self.directory.write_round(one)
        known = self.subproblems
        self.subproblems = replace(known, later=(*known.later, one))
        added = len(self.subproblems.weights) - len(self.reached)
        self.reached = np.concatenate([self.reached, self._nothing(added)])
        self.observer.points_planned(one.points, one.total_epochs)

    def fill_in(self, stop: Callable[[], bool]) -> None:
        """Work out the sizes that records of points lack, as those of older programs do.

        Args:
            stop: Asked before each point whether to leave the rest to the next time.
        """
        for point, record in self.recorded.items():
            if record["status"] == "done" and record.get("compact_parameters") is None:
                if stop():
                    return
                found = self.sizes.of(self.directory.network(point))
                if any(record.get(name, "") != value for name, value in found.items()):
                    self.recorded[point] = self.directory.amend_point({**record, **found})

    def job(self, shard: Shard) -> Job:
        """A shard as work to do, from where its checkpoint is."""
        name = shard.name
        content = self.directory.load_checkpoint(name)
        epoch = 0
        if content is not None:
            try:
                state = load_state(content, torch.device("cpu"))
                epoch = int(state["epoch"])
                if state["owner"] != owner(self.subproblems, shard):
                    raise ValueError("it belongs to another sweep")
            except Exception:  # torch raises many kinds for a damaged file; all mean: start anew
                self._started_anew(name)
                content, epoch = None, 0
        self.directory.trim_history(name, epoch)
        if epoch:
            self.observer.shard_resumed(shard.points, epoch)
        return Job(shard, content, self._starts(shard), self._kept(shard), self.at_once)

    def _kept(self, shard: Shard) -> tuple[KeptStart, ...]:
        """The epochs that the points of a shard are; nothing where they are trained."""
        one = self.subproblems.round_of(shard.points[0])
        epochs = [found for point in shard.points if (found := one.epoch_at(point))]
        return tuple(
            KeptStart(
                *(parent, epoch, self.directory.kept_epoch(parent, epoch)),
                below_ideal=tuple(self.recorded[parent].get("below_ideal", ())),
                shrunk_from=self.recorded[parent].get("shrunk_from"),
            )
            for parent, epoch in epochs
        )

    def _starts(self, shard: Shard) -> tuple[Start | None, ...]:
        """What the points of a shard start from; nothing where all start from scratch."""
        starts = tuple(self._start(point) for point in shard.points)
        return starts if any(starts) else ()

    def _start(self, point: int) -> Start | None:
        """The solved point that another one starts from: its parent, or, where that failed, its."""
        one = self.subproblems.round_of(point)
        parent = one.parents[one.points.index(point)]
        if parent is None or one.looked_at:
            return None
        if self.recorded[parent]["status"] != "done":
            return self._start(parent)
        weights, directory = self.subproblems.weights[parent], self.directory
        return Start(parent, weights, directory.network(parent), directory.search_end(parent))

    def _started_anew(self, name: str) -> None:
        self.observer.note(f"The checkpoint {name} is damaged; its points start anew.")
        self.directory.trim_history(name, 0)

    def take(self, name: str, message: Any) -> Job | None:
        """Keep a message of a shard; a job comes back where its work is to be done again."""
        match message:
            case DeviceFull():
                self._fewer(name, message)
            case StartedAnew():
                self._started_anew(name)
            case EpochDone():
                self._epoch_done(self.shards[name], message)
            case Saved():
                self.directory.save_checkpoint(name, message.state)
            case PointDone():
                self._point_done(message)
            case Ended():
                return self._ended(self.shards[name], message)
        return None

    def _fewer(self, name: str, message: DeviceFull) -> None:
        """From now on no more than half as many points at a time, of any shard."""
        half = -(-message.at_once // 2)
        self.at_once = min(self.at_once or half, half)
        self.full.add(name)
        self.observer.note(
            f"{message.at_once} points of {name} do not fit on the device together "
            f"({message.error}); going on from the last checkpoint with {self.at_once} at a time "
            "(--at-once), while the others wait in the machine's memory."
        )

    def _epoch_done(self, shard: Shard, message: EpochDone) -> None:
        self.directory.append_history(shard.name, message.lines)
        for line in message.lines:
            self._reach(line["point"], line)
            self._note_below(line, f"after epoch {line['epoch']}")
        if self.hypervolumes.due():
            with self.hypervolumes.measured():
                self.hypervolume = self.subproblems.normalisation.hypervolume(
                    torch.from_numpy(self.reached)
                )
        self.observer.epoch_finished(shard.points, message.lines, self.hypervolume)

    def _note_below(self, line: PointRecord | HistoryLine, when: str) -> None:
        """Say once of each objective that it fell below its ideal, and what that means."""
        normalisation, names = self.subproblems.normalisation, self.subproblems.config.objectives
        for split, losses in line.get("loss", {}).items():
            for place, name in enumerate(names):
                loss = losses[name]
                if loss is None or name in self.below or not normalisation.is_below(place, loss):
                    continue
                self.below.add(name)
                self.observer.note(
                    f"The {WORDS[split]} loss of {name} is {loss:.4g} {when} of point "
                    f"{line['point']}, below its ideal of {normalisation.ideal[place]:.4g}, which "
                    "is no bound then. No gap is claimed of points whose training fell below it, "
                    "and no hypervolume of losses there; in another --out, a lower --ideal or "
                    "lower_bound of the task mends that (-inf: the sweep learns it)."
                )

    def _reach(self, point: int, line: PointRecord | HistoryLine) -> None:
        losses = line.get("loss", {}).get("val", {}).values()
        self.reached[point] = [np.nan if value is None else value for value in losses] or np.nan

    def _point_done(self, message: PointDone) -> None:
        # After a kill between two points of a shard, the first is there already.
        if message.record["point"] in self.recorded:
            return
        self._note_below(message.record, "at its best epoch")
        record = message.record
        if message.network is not None:
            found = self.sizes.of(message.network)
            record = {**record, **found, **self._shrunk(message)}
        files = (message.network, message.search, message.kept)
        written = self.directory.write_point(record, *files)
        self.recorded[written["point"]] = written
        self._reach(written["point"], written)
        self.observer.point_finished(record)

    def _shrunk(self, message: PointDone) -> RecordPart:
        """How large a point was when its search ended, where it was to have a size at most."""
        limits = self.subproblems.round_of(message.record["point"]).limits
        if not limits or not message.search:
            return {}
        network = searched_network(message.search, stored_names(self.sizes.network))
        return self.sizes.before(network) if network else {}

    def _ended(self, shard: Shard, message: Ended) -> Job | None:
        name = shard.name
        if message.lost and self.losses_of_workers[name] < MOST_LOSSES:
            self.losses_of_workers[name] += 1
            self.observer.note(f"The worker of {name} was lost: {message.error}; trying again.")
            return self.job(shard)
        if message.error:
            self.errors[name] = message
            self.observer.note(f"The shard {name} failed: {message.error}.")
        elif name in self.full:
            self.full.remove(name)
            return self.job(shard)
        elif set(shard.points) <= set(self.recorded):
            self.directory.drop_checkpoint(name)
            if self.tables.due():
                self.write_tables()
        return None

    def ended(self) -> None:
        """Say what the figures of all points together cannot."""
        reference_point = self.subproblems.normalisation.reference_point
        if len(self.recorded) > 1 and not reach(self.reached, reference_point):
            self.observer.note(
                f"On the validation data {NONE_BELOW} ({_listed(reference_point)}), so the "
                "hypervolume of the sweep is 0."
            )

    def records(self) -> list[PointRecord]:
        """The records that are there by now, in order."""
        return [self.recorded[point] for point in sorted(self.recorded)]

    def write_tables(self) -> None:
        """Rebuild the tables, which takes longer the more points there are."""
        with self.tables.measured():
            self.directory.write_tables(self.identity, self.records())


def _untraced(subproblems: Subproblems) -> TracedNetwork:
    config, problem = subproblems.config, subproblems.problem
    network = fresh_network(config.network, "default", problem, config.seed)
    return TracedNetwork(network, problem)


def _listed(corner: Sequence[float]) -> str:
    """Its first few numbers."""
    shown = ", ".join(f"{value:.4g}" for value in corner[:MOST_NUMBERS])
    return shown if len(corner) <= MOST_NUMBERS else f"{shown}, …"

"""What workers say, kept in the run directory: the only place that writes while a sweep runs."""

from collections.abc import Sequence
from typing import Any

import torch

from paretocli.execution.executor import Ended
from paretocli.sweep.observers import Observer
from paretocli.sweep.plan import Shard
from paretocli.sweep.question import Question
from paretocli.sweep.solve import EpochDone, Job, PointDone, Saved, load_state, owner
from paretocli.sweep.store import RunDirectory

MOST_LOSSES = 1  # of a worker, until a shard is given up


class Collector:
    """Keeps what the shards of a sweep yield.

    Args:
        question: The sweep.
        plan: Its shards that are not finished.
        directory: Where it goes.
        observer: Who is told of the progress.
    """

    def __init__(
        self,
        question: Question,
        plan: Sequence[Shard],
        directory: RunDirectory,
        observer: Observer,
    ) -> None:
        self.question = question
        self.directory = directory
        self.observer = observer
        self.shards = {shard.name: shard for shard in plan}
        self.losses_of_workers = dict.fromkeys(self.shards, 0)
        self.errors: dict[str, str] = {}
        self.identity = question.config.of_kind("identity")
        records = directory.records()
        self.recorded = {record["point"] for record in records}
        observer.points_there(sorted(self.recorded))
        # The newest validation losses of each point, for the hypervolume of all of them.
        self.reached = {
            record["point"]: record["loss"]["val"] for record in records if "loss" in record
        }

    def job(self, shard: Shard) -> Job:
        """A shard as work to do, from where its checkpoint is."""
        name = shard.name
        content = self.directory.load_checkpoint(name)
        epoch = 0
        if content is not None:
            try:
                state = load_state(content, torch.device("cpu"))
                epoch = int(state["epoch"])
                if state["owner"] != owner(self.question, shard):
                    raise ValueError("it belongs to another sweep")
            except Exception:  # torch raises many kinds for a damaged file; all mean: start anew
                self.observer.note(f"The checkpoint {name} is damaged; its points start anew.")
                content, epoch = None, 0
        self.directory.trim_history(name, epoch)
        if epoch:
            self.observer.shard_resumed(shard.points, epoch)
        return Job(shard, content)

    def take(self, name: str, message: Any) -> Job | None:
        """Keep a message of a shard; a job comes back where its work is to be done again."""
        match message:
            case EpochDone():
                self._epoch_done(self.shards[name], message)
            case Saved():
                self.directory.save_checkpoint(name, message.state)
            case PointDone():
                self._point_done(message)
            case Ended():
                return self._ended(self.shards[name], message)
        return None

    def _epoch_done(self, shard: Shard, message: EpochDone) -> None:
        self.directory.append_history(shard.name, message.lines)
        for line in message.lines:
            self.reached[line["point"]] = line["loss"]["val"]
        self.observer.epoch_finished(shard.points, message.lines, self._hypervolume())

    def _hypervolume(self) -> float:
        rows = [
            [torch.nan if value is None else value for value in losses.values()]
            for losses in self.reached.values()
        ]
        return self.question.normalisation.hypervolume(torch.tensor(rows))

    def _point_done(self, message: PointDone) -> None:
        # After a kill between two points of a shard, the first is there already.
        if message.record["point"] in self.recorded:
            return
        self.directory.write_point(message.record, message.network)
        self.recorded.add(message.record["point"])
        self.observer.point_finished(message.record)

    def _ended(self, shard: Shard, message: Ended) -> Job | None:
        name = shard.name
        if message.lost and self.losses_of_workers[name] < MOST_LOSSES:
            self.losses_of_workers[name] += 1
            self.observer.note(f"The worker of {name} was lost: {message.error}; trying again.")
            return self.job(shard)
        if message.error:
            self.errors[name] = message.error
            self.observer.note(f"The shard {name} failed: {message.error}.")
        elif set(shard.points) <= self.recorded:
            self.directory.drop_checkpoint(name)
            self.directory.write_tables(self.identity)
        return None

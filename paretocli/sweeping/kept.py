"""Kept epochs of points: as files, and as further points, which are certified and not trained."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from safetensors.torch import load, save

from paretocli.run_directory.point_record import KeptRecord, PointRecord
from paretocli.sparsity.pattern import Pattern
from paretocli.sweeping.subproblems import Subproblems
from paretocli.sweeping.trainers import trainer_of
from paretocli.training.kept import PATTERN, KeptEpoch
from paretocli.training.trainer import Trainer


@dataclass(frozen=True)
class KeptStart:
    """The epoch of a solved point that a further point is.

    Attributes:
        point: The number of the solved one.
        epoch: Which of its epochs.
        state: The content of the epoch's file, empty where there is none any more.
        below_ideal: The objectives that fell below their ideal while the solved point was trained.
        shrunk_from: The size of the solved one when its search ended, where it was held to one.
    """

    point: int
    epoch: int
    state: bytes
    below_ideal: tuple[str, ...] = ()
    shrunk_from: int | None = None


def kept_files(
    kept: Sequence[KeptEpoch], point: int, objectives: Sequence[str]
) -> tuple[list[KeptRecord], dict[int, bytes]]:
    """What a point's record says of its kept epochs, and the content of their files by epoch.

    Args:
        kept: The epochs.
        point: The point's number, for the files.
        objectives: Their names.
    """
    files = {
        one.epoch: save(
            {name: tensor.contiguous() for name, tensor in one.tensors.items()},
            metadata={"paretocli": f"epoch {one.epoch} of point {point}"},
        )
        for one in kept
    }
    records: list[KeptRecord] = [
        {
            "epoch": one.epoch,
            "loss": dict(zip(objectives, one.losses, strict=True)),
            "sha256": hashlib.sha256(files[one.epoch]).hexdigest(),
        }
        for one in kept
    ]
    return records, files


def kept_trainer(
    subproblems: Subproblems, points: Sequence[int], starts: Sequence[KeptStart]
) -> Trainer:
    """A trainer that has nothing to train: its networks are kept epochs, to be certified.

    Args:
        subproblems: The sweep.
        points: The numbers of the further points.
        starts: The epoch of each; all are there.
    """
    trainer = trainer_of(subproblems, points)
    assert isinstance(trainer, Trainer)
    device = torch.device(subproblems.config.device)
    states = [load(start.state) for start in starts]
    whole = {name: torch.stack([s[name] for s in states]).to(device) for name in states[0]}
    rows = {n.removeprefix(PATTERN): rows for n, rows in whole.items() if n.startswith(PATTERN)}
    if rows:
        trainer.pattern = Pattern(rows)
        trainer.zeros_allowed = trainer.settings.widths is None
    for name, tensor in trainer.best.tensors.items():
        tensor.copy_(whole[name])
    trainer.best.epoch.copy_(torch.tensor([start.epoch for start in starts]))
    names = subproblems.config.objectives
    below = [[name in start.below_ideal for name in names] for start in starts]
    trainer.claims.below_ideal |= torch.tensor(below)
    return trainer


def as_kept(record: PointRecord, start: KeptStart) -> PointRecord:
    """The record of a further point, which says whose epoch it is."""
    found: PointRecord = {
        **record,
        "epochs": 0,
        "parent": start.point,
        "kept_epoch": start.epoch,
    }
    # It was held to the same size.
    return found if start.shrunk_from is None else {**found, "shrunk_from": start.shrunk_from}


def lost(point: int, weights: Sequence[float], start: KeptStart, device: str) -> PointRecord:
    """The record of a further point whose epoch is not there any more."""
    return {
        "point": point,
        "status": "failed",
        "weights": list(weights),
        "epochs": 0,
        "seconds": 0.0,
        "device": device,
        "parent": start.point,
        "kept_epoch": start.epoch,
        "error": f"epoch {start.epoch} of point {start.point} is not kept any more",
    }

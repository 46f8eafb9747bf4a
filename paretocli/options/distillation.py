"""Options: what networks learn from teachers."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paretocli.option import NOT_NEGATIVE, option, settled

PANEL = "Distillation"


def _untaught(config: Mapping[str, Any]) -> str:
    return "" if config.get("taught_by") else "without --teachers"


@dataclass(frozen=True, kw_only=True)
class DistillationOptions:
    """What networks learn from teachers; `taught_by` is the SHA-256 of the networks there."""

    teachers: Path | None = option(
        "Imitate the features of the networks in this run directory, one a task: a sweep of the "
        "same problem and network with --solver single. With --solver equal, this is KDMTL.",
        metavar="DIR",
        kind="runtime",
    )
    taught_by: str = settled()
    distillation: float = option(
        "What a teacher's term counts beside its task's loss.",
        metavar="G",
        range=NOT_NEGATIVE,
        default=1.0,
        idle=_untaught,
    )
    distill_at: str = option(
        "The module of the network whose features, (F,), (L, F) or (C, H, W) a sample, are "
        "compared: one that all tasks share, such as stages.1 of mtan.",
        metavar="MODULE",
        default="shared",
        idle=_untaught,
    )

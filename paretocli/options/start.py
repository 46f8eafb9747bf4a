"""Options: weights that training starts from."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paretocli.option import option, settled

PANEL = "Pretrained weights"


def _new(config: Mapping[str, Any]) -> str:
    return "" if config.get("started_from") else "without --start-from"


@dataclass(frozen=True, kw_only=True)
class StartOptions:
    """What training starts from; `started_from` is the SHA-256 of the tensors taken over."""

    start_from: Path | None = option(
        "Start all points from these weights: a state_dict in a file of torch.save, a "
        ".safetensors file, or a point of another sweep (DIR:NUMBER).",
        metavar="FILE",
        kind="runtime",
        default=None,
        shown="",
    )
    start_at: str = option(
        "The module of the network that they are for, such as body; what is beside it starts new.",
        metavar="MODULE",
        kind="runtime",
        default="",
        shown="the whole network",
        idle=_new,
    )
    start_partly: bool = option(
        "Take over what fits in name and shape, and leave the rest; without, all has to fit.",
        kind="runtime",
        default=False,
        shown="",
        idle=_new,
    )
    started_from: str = settled(before="")

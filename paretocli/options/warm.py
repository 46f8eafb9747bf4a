"""Options: points that start from solved ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from paretocli.option import at_least, one_of, option

PANEL = "Warm starts"


def _cold(config: Mapping[str, Any]) -> str:
    return "with --warm none" if config.get("warm", "none") == "none" else ""


def _cold_or_never_retrained(config: Mapping[str, Any]) -> str:
    return _cold(config) or ("" if config.get("retrain_epochs") else "with --retrain-epochs 0")


@dataclass(frozen=True, kw_only=True)
class WarmOptions:
    """Which points start from solved ones, and how long they train."""

    warm: str = option(
        "Which points start from the search's end of a solved one: none, those that are added to "
        "a finished sweep (nearest), or those of the grid too, from dense to sparse (path).",
        metavar="NAME",
        range=one_of("none", "nearest", "path"),
        default="none",
        before="none",
        single=False,
    )
    warm_epochs: int = option(
        "Epochs of a search that starts so.",
        range=at_least(0),
        default=0,
        before=0,
        shown="three tenths of --epochs",
        single=False,
        idle=_cold,
    )
    warm_retrain_epochs: int = option(
        "Epochs after such a search, with zero rows and ties kept. None follow where "
        "--retrain-epochs is 0.",
        range=at_least(0),
        default=0,
        before=0,
        shown="three tenths of --retrain-epochs",
        single=False,
        idle=_cold_or_never_retrained,
    )


def warm_start(warm: str, epochs: int = 0, retrain_epochs: int = 0) -> WarmOptions:
    """How points start that are added, 0 for three tenths of the sweep's epochs."""
    return WarmOptions(warm=warm, warm_epochs=epochs, warm_retrain_epochs=retrain_epochs)

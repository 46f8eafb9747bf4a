"""Options: which epochs of a point are kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from paretocli.option import one_of, option

PANEL = "Kept epochs"

BEST, FRONT = "best", "front"
MOST_KEPT = 4  # epochs of a point beside its best one


def _one_objective(config: Mapping[str, Any]) -> str:
    one = len(config.get("objectives", ())) == 1
    return "with one objective, in which the best epoch beats all others" if one else ""


@dataclass(frozen=True, kw_only=True)
class KeepOptions:
    """Which epochs of a point are kept."""

    keep: str = option(
        f"Of each point its best epoch, or (front) up to {MOST_KEPT} more that none of its epochs "
        "beats in the validation losses: those that no point of the sweep beats are further "
        "points.",
        metavar="NAME",
        range=one_of(BEST, FRONT),
        default=BEST,
        before=BEST,
        single=False,
        idle=_one_objective,
    )

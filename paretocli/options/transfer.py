"""Options: what subproblems pass to each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from paretocli.option import one_of, option
from paretocli.population.transfer import PANEL, transfer_help

__all__ = ["PANEL", "TransferOptions"]


def _alone(config: Mapping[str, Any]) -> str:
    one = len(config.get("weights", ())) == 1
    return "with one point, which has nobody to learn from" if one else ""


@dataclass(frozen=True, kw_only=True)
class TransferOptions:
    """What subproblems pass to each other."""

    transfer: str = option(
        lambda: f"What subproblems pass to each other: {transfer_help()}.",
        metavar="NAME",
        default="none",
        single=False,
        idle=_alone,
    )
    batches: str = option(
        "Whether all points see the same batches: shared or independent.",
        metavar="NAME",
        range=one_of("shared", "independent"),
        default="shared",
        single=False,
    )

"""Options: how the optimiser's steps are taken."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from paretocli.lists import epochs_in, factors_in, names_in
from paretocli.option import NOT_NEGATIVE, Range, at_least, option

PANEL = "Optimisation"

_SHARE: Range = (lambda value: 0 <= value < 1, "at least 0 and below 1")


def _factors_in(given: Any) -> tuple[tuple[str, float], ...]:
    return factors_in(given, "--lr-of", "body.*=0.1")


def _epochs_in(given: Any) -> tuple[tuple[str, int], ...]:
    return epochs_in(given, "--thaw", "body.*=3")


def _one_part(config: Mapping[str, Any]) -> str:
    largest, size = config.get("micro_batch", 0), config.get("batch_size", 0)
    return f"with --batch-size {size}" if 0 < size <= largest else ""


def _no_decay(config: Mapping[str, Any]) -> str:
    return "" if config.get("weight_decay", 1) else "with --weight-decay 0"


@dataclass(frozen=True, kw_only=True)
class OptimisationOptions:
    """How the optimiser's steps are taken."""

    warm_up: float = option(
        "The share of its steps in which the learning rate of a search, or of retraining, rises "
        "linearly, before it falls by --schedule; 0 for none.",
        metavar="SHARE",
        range=_SHARE,
        default=0.0,
        before=0.0,
    )
    micro_batch: int = option(
        "Take the batch of a step in parts of at most so many samples, one after the other, for "
        "less memory; 0 for all at once.",
        range=at_least(0),
        default=0,
        before=0,
        idle=_one_part,
    )
    clip_norm: float = option(
        "Scale a step's gradient of a point to this norm where it is longer; 0 for never.",
        range=NOT_NEGATIVE,
        default=0.0,
        before=0.0,
    )
    lr_of: tuple[tuple[str, float], ...] = option(
        'A factor of the learning rate for parameters by name with * and ?, such as "body.*=0.1"; '
        "0 freezes them. Repeatable; the last that matches a name counts.",
        given=list,
        metavar="PATTERN=F",
        parse=_factors_in,
        default=(),
        before=(),
        shown="1 for all",
    )
    thaw: tuple[tuple[str, int], ...] = option(
        "Freeze parameters by name with * and ? for so many epochs, the first of a search that "
        'starts from no solved point, such as "body.*=3". Repeatable; the last that matches a '
        "name counts.",
        given=list,
        metavar="PATTERN=N",
        parse=_epochs_in,
        default=(),
        before=(),
        shown="none",
    )
    no_decay: tuple[str, ...] = option(
        "The parameters without weight decay, separated by commas: norms, biases, or names with * "
        "and ?.",
        metavar="PATTERNS",
        parse=names_in,
        default=(),
        before=(),
        shown="none",
        idle=_no_decay,
    )
    ema: float = option(
        "Evaluate and keep the exponential moving average of a point's parameters, of which this "
        "share, such as 0.999, stays in a step; 0 for none.",
        metavar="DECAY",
        range=_SHARE,
        default=0.0,
        before=0.0,
    )

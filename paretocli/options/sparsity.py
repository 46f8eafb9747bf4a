"""Options: zero and tied rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paretocli.option import NOT_NEGATIVE, POSITIVE, SHARE, at_least, one_of, option, settled
from paretocli.solvers.registry import SOLVERS

PANEL = "Sparsity"

_Identity = Mapping[str, Any]


def _no_objective(config: _Identity) -> str:
    """Where sparsity is no objective, nothing shapes f_0."""
    if config.get("sparsity", True):
        return ""
    return _frozen(config) or "without sparsity"


def _frozen(config: _Identity) -> str:
    return "with --freeze-sparsity" if config.get("frozen_point") else ""


def _no_pattern(config: _Identity) -> str:
    """Where zero rows and ties are kept, nothing shapes them."""
    return _frozen(config) or _no_objective(config)


def _flat(config: _Identity) -> str:
    return _no_objective(config) or ("with --theta flat" if config.get("theta") == "flat" else "")


def _no_shares(config: _Identity) -> str:
    absolute = config.get("sparsity_scale") == "absolute"
    return _no_objective(config) or ("with --sparsity-scale absolute" if absolute else "")


def _asked_in_vain(config: _Identity) -> str:
    return "" if config.get("sparsity", True) else _frozen(config)


def _no_retraining(config: _Identity) -> str:
    """Retraining for the tasks alone asks for some, and for a solver that is told weights."""
    solver = str(config.get("solver"))
    if solver in SOLVERS and SOLVERS[solver].weights is not None:
        return f"with --solver {solver}, whose points have no weights"
    return _no_second_phase(config)


def _no_second_phase(config: _Identity) -> str:
    return _no_pattern(config) or ("" if config.get("retrain_epochs", 1) else "without retraining")


@dataclass(frozen=True, kw_only=True)
class SparsityOptions:
    """Zero and tied rows.

    `sparsity` says whether it is an objective, `sparse_layers` names the layers that it counts,
    `sparsity_shares` how much each of them does, which follows from `sparsity_of`, and
    `grouped_rows` which of their rows belong together, which follows from `groups`. `frozen_point`
    holds the SHA-256 of the network in `freeze_sparsity`, and `pruned_from` the digest of the sweep
    whose baseline this one is, as `paretocli prune` makes it; `pruned_gradually`, whether it prunes
    each network from the next larger one.
    """

    sparsity: bool = option(
        "Make sparsity (GrOWL) the first objective.",
        flags=("--sparsity/--no-sparsity",),
        shown="on for networks",
        idle=_asked_in_vain,
    )
    sparse_layers: tuple[str, ...] = option(
        "The layers that count, by name with * and ?, separated by commas.",
        metavar="PATTERNS",
        shown="all but input layers and task heads",
        idle=_no_objective,
    )
    sparse_inputs: bool = option(
        "The rows of input layers count too, so that the network may do without some of its "
        "inputs; of a table, `export` names the columns that are no longer read.",
        flags=("--sparse-inputs/--no-sparse-inputs",),
        default=False,
        before=False,
        shown="off",
        idle=_no_objective,
    )
    sparsity_of: str = option(
        "What a layer counts by: the parameters or the multiply-accumulates (macs) that leave the "
        "network with its rows, or the parameters in its own rows alone (own).",
        metavar="NAME",
        range=one_of("parameters", "macs", "own"),
        default="parameters",
        before="own",
        idle=_no_shares,
    )
    sparsity_shares: tuple[float, ...] = settled(runtime=True)
    groups: str = option(
        "Rows that become zero together: those of all layers that read one channel, or one head of "
        "attention (streams), so that it leaves the network, or each layer's by themselves (none).",
        metavar="NAME",
        range=one_of("streams", "none"),
        default="none",
        before="none",
        idle=_no_pattern,
    )
    grouped_rows: tuple[tuple[tuple[str, str], ...], ...] = settled(runtime=True)
    theta: str = option(
        "How GrOWL weighs the rows from the largest down: flat (group lasso), spike, linear or "
        "ramp.",
        metavar="NAME",
        range=one_of("flat", "spike", "linear", "ramp"),
        default="flat",
        idle=_no_objective,
    )
    theta_slope: float = option(
        "How much more the largest row weighs than the smallest (spike, linear, ramp).",
        range=NOT_NEGATIVE,
        default=1.0,
        idle=_flat,
    )
    sparsity_scale: str = option(
        "Measure each layer's GrOWL against its norm (relative), or as it is (absolute).",
        metavar="NAME",
        range=one_of("relative", "absolute"),
        default="relative",
        idle=_no_objective,
    )
    max_layer_sparsity: float = option(
        "The largest share of a layer's rows that may become zero.",
        metavar="SHARE",
        range=(lambda value: 0 <= value <= 1, "from 0 to 1"),
        default=1.0,
        shown="1: all but one row",
        idle=_no_pattern,
    )
    share_similarity: float = option(
        "Rows more similar than this are tied after the search; 1 ties none.",
        metavar="S",
        range=SHARE,
        default=0.8,
        idle=_no_pattern,
    )
    retrain_epochs: int = option(
        "Epochs after the search, with zero rows and ties kept; 0: no ties either.",
        range=at_least(0),
        shown="the problem's",
        idle=_no_pattern,
    )
    retrain_lr: float = option(
        "Learning rate of these.", range=POSITIVE, shown="half of --lr", idle=_no_second_phase
    )
    held_lr: float = option(
        "Learning rate of these for a network that is held to a size, which loses rows at once; 0 "
        "for --retrain-lr.",
        range=NOT_NEGATIVE,
        shown="--lr",
        before=0.0,
        idle=_no_second_phase,
    )
    relaxed: bool = option(
        "Retrain for the tasks alone, with the zero rows that the search has found. Chebyshev "
        "value and certificate are then those of the tasks.",
        flags=("--relaxed/--no-relaxed",),
        default=False,
        before=False,
        shown="off",
        idle=_no_retraining,
    )
    round_to: int = option(
        "Bring channels, and rows that a layer reads, to multiples of this before retraining; with "
        "--relaxed those that come back are put to use.",
        metavar="N",
        range=at_least(1),
        default=1,
        before=1,
        shown="1: as they come",
        idle=_no_second_phase,
    )
    freeze_sparsity: Path | None = option(
        "Start from this point (DIR:NUMBER, or a .safetensors file), keep its zero and tied rows, "
        "and vary only the tasks' weights.",
        metavar="POINT",
        kind="runtime",
    )
    frozen_point: str = settled()
    pruned_from: str = settled(before="", default="")
    pruned_gradually: bool = settled(before=False, default=False)

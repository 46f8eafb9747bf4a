"""What counts for sparsity in a sweep: layers, by how much, and which rows go together."""

from collections.abc import Mapping
from typing import Any

from paretocli.core.problem import Problem
from paretocli.options.declared import declared
from paretocli.options.given import Options
from paretocli.solvers.registry import SOLVERS
from paretocli.sparsity.grouping import layers_in
from paretocli.sparsity.layers import Layer
from paretocli.sweeping.counted_layers import layers_that_count
from paretocli.sweeping.grouped_rows import ALONE, STREAMS, grouped_rows, heads_of
from paretocli.sweeping.search_ends import notes_on_widths
from paretocli.sweeping.sets import without_sparsity
from paretocli.sweeping.sizes import TracedNetwork
from paretocli.sweeping.sparsity_shares import OWN, sparsity_shares


def what_counts(
    options: Options,
    chosen: dict[str, Any],
    older: Mapping[str, Any],
    problem: Problem,
    layers: tuple[Layer, ...],
    traced: TracedNetwork,
) -> tuple[dict[str, Any], list[str]]:
    """The fields of a configuration on what counts for sparsity, and notes for the user.

    Args:
        options: What the user said, by option name.
        chosen: The values of all options, whoever said them.
        older: Those that an older directory means, but does not name.
        problem: The problem.
        layers: Matrices and convolutions of its network.
        traced: The network.

    Raises:
        InputError: Rows should count, and there are none that could.
    """
    if SOLVERS[chosen["solver"]].joins:
        options = without_sparsity(options)
    counted, notes = layers_that_count(options, problem, layers)
    relative = counted and chosen["sparsity_scale"] == "relative"
    of = chosen["sparsity_of"] if relative else OWN
    # Zero rows of a frozen point are its own, whatever groups there are.
    groups = ALONE if "freeze_sparsity" in options else chosen["groups"]
    # Layers that were chosen are all that count.
    heads = () if options.get("sparse_layers") else heads_of(layers)
    grouping, note_on_groups = grouped_rows(groups, counted, traced, heads)
    joined = {layer.name for layer in counted} | layers_in(grouping)
    counted = tuple(layer for layer in layers if layer.name in joined)
    shares, note_on_shares = sparsity_shares(of, counted, traced, grouping)
    notes += filter(None, (note_on_groups, note_on_shares))
    own = {"sparsity": bool(counted), "frozen_point": options.get("freeze_sparsity")}
    notes += notes_on_widths(chosen | own, counted, traced)
    if counted:
        notes += _older_notes(options, older)
    if options.get("groups") == STREAMS and groups == STREAMS and not (grouping or note_on_groups):
        notes += ["No channel that could leave is read by several layers that count: no groups."]
    found = {
        "sparsity": bool(counted),
        "sparse_layers": tuple(layer.name for layer in counted),
        # What is without effect is no part of what the sweep is: directories that lack it go on.
        "sparsity_of": of,
        "sparsity_shares": shares,
        "groups": STREAMS if grouping else ALONE,
        "grouped_rows": grouping,
    }
    return found, notes


def _older_notes(options: Options, older: Mapping[str, Any]) -> list[str]:
    """What layers count by in an older directory, where the default has changed since."""
    default = declared()["sparsity_of"].default
    of = older.get("sparsity_of", default)
    if of == default:
        return []
    out = options["out"]
    return [f"This sweep goes on in {out} with --sparsity-of {of}, as it was begun there."]

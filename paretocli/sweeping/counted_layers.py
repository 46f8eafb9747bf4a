"""Which layers' rows are what sparsity counts, and whether it is an objective at all."""

from paretocli.core.names import SPARSITY
from paretocli.core.problem import Problem
from paretocli.errors import InputError
from paretocli.lists import listed, names_in
from paretocli.options.given import Options
from paretocli.sparsity.layers import Layer, counted_layers


def layers_that_count(
    options: Options, problem: Problem, layers: tuple[Layer, ...]
) -> tuple[tuple[Layer, ...], list[str]]:
    """The layers whose rows sparsity counts, none where it is no objective; and notes.

    Args:
        options: What the user said, by option name.
        problem: The problem.
        layers: Matrices and convolutions of its network.

    Raises:
        InputError: Rows should count, and there are none that could.
    """
    patterns = names_in(options.get("sparse_layers", ""))
    with_inputs = bool(options.get("sparse_inputs"))
    counted = counted_layers(layers, patterns, inputs=with_inputs)
    wanted = options.get("sparsity")
    if "freeze_sparsity" in options:
        if not layers:
            raise InputError(
                f"The network of problem {problem.name} has no matrix or convolution whose rows "
                "could be kept; leave out --freeze-sparsity."
            )
        # Nothing is left to decide on zero rows, unless a weight is named for GrOWL.
        fixed = [str(entry).partition("=")[0].strip() for entry in listed(options.get("fix"))]
        wanted = wanted is not False and SPARSITY in fixed
    if wanted is False:
        return (), []
    if counted:
        return counted, []
    if wanted or patterns:
        raise InputError(
            f"The network of problem {problem.name} has no matrix or convolution between its input "
            "layers and task heads, so that no rows can be counted; leave out --sparsity, or name "
            "layers with --sparse-layers."
        )
    if not layers:  # a variable of an analytic problem, not a network
        return (), []
    if any(layer.role == "adapter" for layer in layers):
        return (), [
            "Export makes the adapters part of the frozen matrices beside them, and no other layer "
            "lies between input layers and task heads: sparsity is no objective."
        ]
    return (), ["No layer lies between input layers and task heads: sparsity is no objective."]

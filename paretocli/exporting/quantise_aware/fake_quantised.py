"""A network whose numbers are rounded where those of a file in eight bits are."""

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, fx, nn

from paretocli.exporting.quantise_aware.grids import (
    bias_on_grid,
    on_grid,
    step_between,
    step_of_rows,
    weight_on_grid,
)
from paretocli.exporting.quantise_aware.places import Places

ATEN = torch.ops.aten
RANGE, STRETCH = "eight_bits_range_", "eight_bits_stretch_"
_POOLS = (ATEN.max_pool1d.default, ATEN.max_pool2d.default, ATEN.max_pool3d.default)


def activations_first(module: fx.GraphModule) -> None:
    """Put ReLU before the largest of a window, as `fewer_bits.pooling_order` does in a file."""
    for relu in list(module.graph.nodes):
        if relu.target != ATEN.relu.default or relu.args[0].target not in _POOLS:
            continue
        pool = relu.args[0]
        if len(pool.users) > 1:
            continue
        with module.graph.inserting_before(pool):
            first = module.graph.call_function(ATEN.relu.default, (pool.args[0],))
        pool.args = (first, *pool.args[1:])
        relu.replace_all_uses_with(pool)
        module.graph.erase_node(relu)
    module.recompile()


def fake_quantised(
    module: fx.GraphModule, places: Places, nodes: Mapping[str, fx.Node]
) -> fx.GraphModule:
    """A graph with all that is rounded, rounded.

    Its own tensors keep their names; beside them it has parameters by which the ranges are
    trained, numbered in the order of `places.ranges`.

    Args:
        module: The exact graph, which is left as it is.
        places: Where.
        nodes: Those of the graph, by the names that `places` has for what they give.
    """
    made = copy.deepcopy(module)
    graph = made.graph
    own = {node.name: node for node in graph.nodes}
    numbers = {scale: number for number, scale in enumerate(places.ranges)}
    for scale, number in numbers.items():
        start = torch.tensor(places.ranges[scale])
        made.register_buffer(f"{RANGE}{number}", start)
        made.register_parameter(f"{STRETCH}{number}", nn.Parameter(torch.zeros(2)))
    first = next(node for node in graph.nodes if node.op != "placeholder")
    for place in places.between:
        source, target = (own[nodes[name].name] for name in (place.source, place.tensor))
        number = numbers[place.scale]
        behind = first if source.op == "placeholder" else source.next
        with graph.inserting_before(behind):
            ends = [graph.get_attr(f"{name}{number}") for name in (RANGE, STRETCH)]
            rounded = graph.call_function(on_grid, (source, *ends))
        target.replace_all_uses_with(rounded, delete_user_cb=lambda user, new=rounded: user != new)
    for node in [node for node in graph.nodes if node.op == "get_attr"]:
        name = str(node.target)
        with graph.inserting_after(node):
            if name in places.weights:
                grid = places.weights[name].numbers
                rounded = graph.call_function(weight_on_grid, (node, *grid))
            elif name in places.biases:
                rounded = _bias(graph, node, places, numbers)
            else:
                continue
        node.replace_all_uses_with(rounded, delete_user_cb=lambda user, new=rounded: user != new)
    graph.eliminate_dead_code()
    made.recompile()
    return made


def _bias(graph: fx.Graph, node: fx.Node, places: Places, numbers: Mapping[str, int]) -> fx.Node:
    """A rounded bias, at the place of the graph where nodes are inserted."""
    bias = places.biases[str(node.target)]
    rounded = graph.create_node("call_function", bias_on_grid, ())
    with graph.inserting_before(rounded):
        if bias.chosen_from is None:
            ends = [graph.get_attr(f"{name}{numbers[bias.scale]}") for name in (RANGE, STRETCH)]
            step = graph.call_function(step_between, (*ends,))
        else:
            rows = graph.get_attr(bias.chosen_from)
            grid = places.weights[bias.chosen_from].numbers
            step = graph.call_function(step_of_rows, (rows, *grid))
        weight = graph.get_attr(bias.weight)
    rounded.args = (node, step, weight, places.weights[bias.weight].numbers)
    return rounded


def ranges_of(module: fx.GraphModule, places: Places) -> dict[str, tuple[float, float]]:
    """The ranges that a fake-quantised graph has now, by the names of their steps."""
    found = {}
    for number, scale in enumerate(places.ranges):
        start, stretch = (getattr(module, f"{name}{number}") for name in (RANGE, STRETCH))
        low, high = (start * stretch.detach().exp()).tolist()
        found[scale] = (low, high)
    return found


def own_tensors(module: fx.GraphModule) -> dict[str, Tensor]:
    """The parameters and buffers of the network itself."""
    return {
        name: tensor
        for name, tensor in module.state_dict().items()
        if not name.startswith((RANGE, STRETCH))
    }

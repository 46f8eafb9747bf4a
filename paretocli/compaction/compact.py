"""The smaller network: only what the outputs depend on.

A row of zeros says that a matrix or convolution does not look at one of its inputs. Where nobody
looks at a channel, what makes it goes too, its biases and batch norm with it, and so on backwards.
Numbers that are the same for every input, as those behind a matrix of zeros, go into the biases of
what reads them. Operations that no rule knows are left as they are, with all that they read.
"""

from collections.abc import Collection
from typing import Any

import torch
from torch import Tensor, fx, nn

from paretocli.compaction.layout import IrregularError, Layout
from paretocli.compaction.rules.base import Built, Known
from paretocli.compaction.rules.elementwise import is_combining
from paretocli.compaction.rules.registry import WHOLE, rule_of
from paretocli.compaction.trace import add_tensor, sample_shape, unknown_sample

ATEN = torch.ops.aten

Rules = dict[fx.Node, Any]


@torch.no_grad()
def compacted(module: fx.GraphModule) -> fx.GraphModule:
    """A smaller graph that gives the same outputs, but for rounding.

    Args:
        module: A graph, as `paretocli.compaction.trace.traced` gives it; it is left alone.
    """
    rules = {node: rule_of(node) for node in module.graph.nodes}
    while True:
        known = _known(module, rules)
        needed, constants = _needed(module, rules, known)
        building = Building(known, needed, {name for name, _ in module.named_buffers()})
        try:
            for node in module.graph.nodes:
                building.add(node, rules[node], constant=node in constants)
        except IrregularError:
            assert rules[building.node] is not WHOLE, building.node
            rules[building.node] = WHOLE
            continue
        building.module.recompile()
        return building.module


def _known(module: fx.GraphModule, rules: Rules) -> Known:
    """For each value the numbers (1, …) that no input changes, NaN elsewhere.

    The graph is computed once for a single sample whose numbers are all NaN: what comes out as a
    number does not depend on them.
    """
    known: Known = {}
    for node in module.graph.nodes:
        unknown = unknown_sample(node)
        if node.op == "get_attr":
            known[node] = getattr(module, str(node.target))
        elif unknown is not None:
            value = rules[node].known(node, known)
            known[node] = unknown if value is None else value
    return known


def _needed(
    module: fx.GraphModule, rules: Rules, known: Known
) -> tuple[dict[fx.Node, Tensor], set[fx.Node]]:
    """Which numbers of a sample are needed of each value, and the values that are constants."""
    needed = {
        node: torch.zeros(sample_shape(node) or (), dtype=torch.bool) for node in module.graph.nodes
    }
    constants = set()
    for node in reversed(module.graph.nodes):
        if node.op in ("output", "placeholder"):
            needed[node] = torch.ones_like(needed[node])
        if not needed[node].any():
            continue
        if _is_constant(node, known):
            constants.add(node)
            continue
        for source, mask in rules[node].wanted(node, needed[node], known):
            needed[source] = needed[source] | mask
    return needed, constants


def _is_constant(node: fx.Node, known: Known) -> bool:
    """Whether a tensor for one sample can stand for a value.

    It can where the value has only to be combined with others that make a batch of it.
    """
    if node.op != "call_function" or not _is_known(node, known):
        return False
    # An image that differs at its edges would take more room than what computes it.
    if sum(side > 1 for side in narrowed(known[node]).shape) > 1:
        return False
    return all(_is_constant(user, known) or _is_broadcast(user, known) for user in node.users)


def _is_broadcast(node: fx.Node, known: Known) -> bool:
    """Whether a node combines values of which one is a batch of its full size."""
    full = [s for s in node.all_input_nodes if sample_shape(s) == sample_shape(node)]
    return is_combining(node) and any(not _is_known(source, known) for source in full)


def narrowed(value: Tensor) -> Tensor:
    """A tensor with one place along each axis on which nothing changes."""
    for axis in range(value.dim()):
        first = value.narrow(axis, 0, 1)
        if value.equal(first.expand_as(value)):
            value = first
    return value


def _is_known(node: fx.Node, known: Known) -> bool:
    return sample_shape(node) is not None and not bool(known[node].isnan().any())


class Building:
    """The smaller graph, as far as it has been made.

    Args:
        known: As for `paretocli.compaction.rules.base.Builder`.
        needed: As there.
        buffers: Names of the old graph's tensors that are no parameters; nor is what is made of
            them.
    """

    def __init__(
        self, known: Known, needed: dict[fx.Node, Tensor], buffers: Collection[str]
    ) -> None:
        self.known = known
        self.needed = needed
        self._buffers = buffers
        self.module = fx.GraphModule(nn.Module(), fx.Graph())
        self.node: fx.Node
        self._built: dict[fx.Node, Built] = {}
        self._constants: set[fx.Node] = set()
        self._named: dict[str, list[str]] = {}
        self._taken: dict[tuple[fx.Node, int, bytes], fx.Node] = {}

    def add(self, node: fx.Node, rule: Any, *, constant: bool) -> None:
        """Make what is needed of the next node of the old graph."""
        self.node = node
        graph = self.module.graph
        if not self.needed[node].any():
            return
        if constant:
            self._constants.add(node)
        elif node.op == "get_attr":
            pass  # made when somebody takes it
        elif node.op == "placeholder":
            self._built[node] = graph.placeholder(str(node.target)), None
        elif node.op == "output":
            new = {source: self.take(source, None) for source in node.all_input_nodes}
            graph.output(fx.node.map_arg(node.args[0], new.__getitem__))
        else:
            self._built[node] = rule.rebuilt(node, self)

    def built(self, node: fx.Node) -> Built:
        """The new node for an old one, and which part of its value is there."""
        if node in self._constants and node not in self._built:
            self._built[node] = self.tensor(node.name, narrowed(self.known[node])), None
        if node not in self._built:
            self._built[node] = self.tensor(str(node.target), self.known[node]), None
        return self._built[node]

    def take(self, node: fx.Node, layout: Layout | None) -> fx.Node:
        """A new node in which just a part of an old one's value is there, None for all."""
        if layout is not None and node in self._constants:
            part = self.known[node].index_select(layout.axis + 1, layout.kept)
            return self.tensor(node.name, narrowed(part))
        new, there = self.built(node)
        if layout is None and there is not None:
            raise IrregularError
        if layout is None or layout.same(there):
            return new
        places = layout.kept if there is None else _places(there, layout)
        key = (node, layout.axis, places.numpy().tobytes())
        if key not in self._taken:
            indices = self.tensor(f"{node.name}_kept", places)
            self._taken[key] = self.call(ATEN.index_select.default, new, layout.axis + 1, indices)
        return self._taken[key]

    def tensor(self, name: str, tensor: Tensor) -> fx.Node:
        """A node that gives a tensor; what several operations share stays one."""
        for target in self._named.setdefault(name, []):
            there = getattr(self.module, target)
            if there.shape == tensor.shape and there.equal(tensor):
                return self.module.graph.get_attr(target)
        node = add_tensor(self.module, name, tensor, trained=name not in self._buffers)
        self._named[name].append(str(node.target))
        return node

    def call(self, target: Any, *arguments: Any, **options: Any) -> fx.Node:
        """A new operation. Old nodes among its arguments are sizes of batches."""
        arguments, options = fx.node.map_arg((arguments, options), self._own)
        name = self.node.name.lstrip("_") if target is self.node.target else "kept"
        graph = self.module.graph
        return graph.create_node("call_function", target, arguments, options, name=name)

    def _own(self, node: fx.Node) -> fx.Node:
        return node if node.graph is self.module.graph else self._built[node][0]


def _places(there: Layout, wanted: Layout) -> Tensor:
    """Where what is wanted lies in what is there."""
    places = torch.searchsorted(there.kept, wanted.kept).clamp(max=len(there.kept) - 1)
    if there.axis != wanted.axis or not there.kept[places].equal(wanted.kept):
        raise IrregularError
    return places

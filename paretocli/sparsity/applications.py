"""Where a network applies matrices and convolutions to what, read from one forward pass.

Linear operations, convolutions and attention are seen where torch is called, so that it does not
matter which module calls it; recurrent layers and embeddings are seen as modules.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from inspect import signature
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody uses
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from paretocli.core.inputs import Inputs, call
from paretocli.core.outputs import flat, outputs_by_task

CONVOLUTIONS = (F.conv1d, F.conv2d, F.conv3d)
GROUPS = 6  # place of a convolution's number of groups
ATTENTION = F.multi_head_attention_forward
WHOLE_MODULES = (nn.Embedding, nn.EmbeddingBag, nn.RNNBase, nn.RNNCellBase)


@dataclass(frozen=True, eq=False)
class Application:
    """One use of a matrix or convolution, or of another layer.

    Attributes:
        weight: What is applied (out, in, …): a parameter, a part of one, or what is computed of
            some; None for layers of other kinds.
        has_rows: Whether `weight[:, r]` is what belongs to input r.
        node: The result's in autograd's graph, or what stands for it within a fused operation.
        features: The nodes of what the rows are for.
        others: The nodes of what else it is given.
        places: How often it is applied in a batch.
    """

    weight: Tensor | None
    has_rows: bool
    node: Any
    features: tuple[Any, ...]
    others: tuple[Any, ...] = ()
    places: int = 0

    @property
    def sources(self) -> tuple[Any, ...]:
        """The nodes of all that it is given."""
        return self.features + self.others


class _Recorder(TorchFunctionMode):
    """Notes what is applied while it is entered."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Application] = []

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        named = kwargs or {}
        result = func(*args, **named)
        for kinds, record in _RECORDS:
            if func in kinds:
                self.found.extend(record(args, named, result))
        return result


def _linear(args: tuple[Any, ...], named: dict[str, Any], result: Tensor) -> list[Application]:
    given, weight = _arguments(args, named, "input", "weight")
    return [_matrix(weight, (given,), result, has_rows=True)]


def _convolution(args: tuple[Any, ...], named: dict[str, Any], result: Tensor) -> list[Application]:
    given, weight = _arguments(args, named, "input", "weight")
    groups = args[GROUPS] if len(args) > GROUPS else named.get("groups", 1)
    return [_matrix(weight, (given,), result, has_rows=groups == 1)]


def _matrix(
    weight: Tensor, given: Sequence[Tensor], result: Tensor, *, has_rows: bool
) -> Application:
    places = result.numel() // len(weight)
    others = () if weight.is_leaf else (weight.grad_fn,)
    return Application(weight, has_rows, result.grad_fn, _nodes(given), others, places)


def _attention(args: tuple[Any, ...], named: dict[str, Any], result: Any) -> list[Application]:
    """The projections within attention: of queries, keys and values, and of what it gives."""
    given = signature(ATTENTION).bind(*args, **named).arguments
    parts = [given[name] for name in ("query", "key", "value")]
    output, shares = result
    others = _nodes([t for t in given.values() if isinstance(t, Tensor) and not t.is_leaf])
    if given.get("use_separate_proj_weight"):
        weights = [given[f"{name}_proj_weight"] for name in "qkv"]
    else:
        weights = given["in_proj_weight"].chunk(3)
        if len({id(part) for part in parts}) == 1:
            weights, parts = [given["in_proj_weight"]], parts[:1]
    inner = [
        Application(weight, True, object(), _nodes([part]), others, part[..., 0].numel())
        for weight, part in zip(weights, parts, strict=True)
    ]
    nodes = tuple(one.node for one in inner)
    outer = given["out_proj_weight"]
    found = [*inner, Application(outer, True, output.grad_fn, nodes, (), output[..., 0].numel())]
    if shares is not None:
        found.append(Application(None, False, shares.grad_fn, nodes))
    return found


_Record = Callable[[tuple[Any, ...], dict[str, Any], Any], list[Application]]
_RECORDS: tuple[tuple[tuple[Any, ...], _Record], ...] = (
    ((F.linear,), _linear),
    (CONVOLUTIONS, _convolution),
    ((ATTENTION,), _attention),
)


def _module(
    module: nn.Module, args: tuple[Any, ...], named: dict[str, Any], result: Any
) -> list[Application]:
    """A layer that is seen as a module; of a recurrent one the matrices for what it reads."""
    given = list(_tensors([*args, *named.values()]))
    features = _nodes(given[:1])
    states = _nodes(given[1:])
    found = []
    for weights in _reading(module):
        places = math.prod(given[0].shape[:-1])
        new = [Application(w, True, object(), features, states, places) for w in weights]
        features = tuple(one.node for one in new)
        found += new
    outputs = [t.grad_fn for t in _tensors([result])]
    return found + [Application(None, False, node, features, states) for node in outputs]


def _reading(module: nn.Module) -> Iterator[list[Tensor]]:
    """The matrices of a recurrent module whose rows are features, layer after layer."""
    if isinstance(module, nn.RNNCellBase):
        yield [module.weight_ih]
    elif isinstance(module, nn.RNNBase):
        ways = ("", "_reverse") if module.bidirectional else ("",)
        for layer in range(module.num_layers):
            yield [getattr(module, f"weight_ih_l{layer}{way}") for way in ways]


def applications(
    network: nn.Module, inputs: Inputs, tasks: Sequence[str] | None = None
) -> tuple[list[Application], list[Any]]:
    """What a network applies, in order, and the nodes of its outputs.

    Args:
        network: Returns a sequence of outputs, or outputs by the tasks' names. It is used in
            evaluation mode, and left as it was.
        inputs: A small prepared batch, one tensor or several.
        tasks: Their names, without which all that it returns in sequence is an output.
    """
    recorder = _Recorder()

    def record(module: nn.Module, given: Any, named: Any, output: Any) -> None:
        recorder.found.extend(_module(module, given, named, output))

    handles = [
        module.register_forward_hook(record, with_kwargs=True)
        for module in network.modules()
        if isinstance(module, WHOLE_MODULES)
    ]
    modes = {module: module.training for module in network.modules()}
    frozen = [parameter for parameter in network.parameters() if not parameter.requires_grad]
    network.eval()
    for parameter in frozen:  # or they would not show in the graph
        parameter.requires_grad_()
    try:
        with torch.enable_grad(), recorder:
            returned = call(network, inputs)
            given = returned if tasks is None else outputs_by_task(returned, tasks)
            outputs = [tensor.grad_fn for tensor in flat(given)]
    finally:
        for parameter in frozen:
            parameter.requires_grad_(False)
        for module, mode in modes.items():
            module.training = mode
        for handle in handles:
            handle.remove()
    return recorder.found, outputs


def used(found: Sequence[Application], outputs: Sequence[Any]) -> list[Application]:
    """Those that some output depends on."""
    nodes = {one.node: one for one in found}
    needed: dict[Any, Application] = {}
    waiting = list(outputs)
    while waiting:
        for node in before(waiting.pop(), nodes):
            if node not in needed:
                needed[node] = nodes[node]
                waiting.extend(nodes[node].sources)
    return list(needed.values())


def before(start: Any, nodes: dict[Any, Application]) -> list[Any]:
    """The first of some nodes met on each path back through autograd's graph, start included."""
    found, seen, waiting = [], set(), [start]
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if node in nodes:
            found.append(node)
        else:
            waiting.extend(function for function, _ in node.next_functions)
    return found


def places_of(one: Application, weight: Tensor, count: int) -> float:
    """How often a whole weight is applied to one sample, where this is a use of a part of it."""
    assert one.weight is not None
    return one.places * len(one.weight) / (count * len(weight))


def _arguments(args: tuple[Any, ...], named: dict[str, Any], *names: str) -> list[Any]:
    return [args[place] if place < len(args) else named[name] for place, name in enumerate(names)]


def _nodes(tensors: Iterable[Tensor]) -> tuple[Any, ...]:
    return tuple(tensor.grad_fn for tensor in tensors)


def _tensors(values: Iterable[Any]) -> Iterator[Tensor]:
    """The tensors among some values and the tuples in them."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, tuple | list):
            yield from _tensors(value)

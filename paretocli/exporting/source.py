"""A graph as a Python module that needs torch and safetensors alone."""

import math
import operator
from collections.abc import Mapping, Sequence
from keyword import iskeyword
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody uses
from torch import Tensor, fx, nn

from paretocli.printable import one_line

ATEN = torch.ops.aten

# Operations whose public function takes the same arguments in the same order.
_PUBLIC = {
    ATEN.linear.default: "F.linear",
    ATEN.conv1d.default: "F.conv1d",
    ATEN.conv2d.default: "F.conv2d",
    ATEN.conv3d.default: "F.conv3d",
    ATEN.conv1d.padding: "F.conv1d",
    ATEN.conv2d.padding: "F.conv2d",
    ATEN.conv3d.padding: "F.conv3d",
    F.batch_norm: "F.batch_norm",
    ATEN.max_pool1d.default: "F.max_pool1d",
    ATEN.max_pool2d.default: "F.max_pool2d",
    ATEN.max_pool3d.default: "F.max_pool3d",
    ATEN.adaptive_avg_pool2d.default: "F.adaptive_avg_pool2d",
    ATEN.relu.default: "F.relu",
    ATEN.layer_norm.default: "torch.layer_norm",
    ATEN.group_norm.default: "torch.group_norm",
    ATEN.scaled_dot_product_attention.default: "F.scaled_dot_product_attention",
    ATEN.sigmoid.default: "torch.sigmoid",
    ATEN.tanh.default: "torch.tanh",
    ATEN.add.Tensor: "torch.add",
    ATEN.sub.Tensor: "torch.sub",
    ATEN.mul.Tensor: "torch.mul",
    ATEN.div.Tensor: "torch.div",
    ATEN.cat.default: "torch.cat",
    ATEN.flatten.using_ints: "torch.flatten",
    ATEN.reshape.default: "torch.reshape",
    ATEN.index_select.default: "torch.index_select",
    ATEN.permute.default: "torch.permute",
    ATEN.unsqueeze.default: "torch.unsqueeze",
}
# And those that are methods.
_METHODS = {
    ATEN.sym_size.int: "size",
    ATEN._to_copy.default: "to",
    ATEN.new_zeros.default: "new_zeros",
}

# What these take from torch and their public functions do not: a tensor keeps its layout.
_LEFT_OUT = {ATEN._to_copy.default: ("layout", "pin_memory")}
# Names that mean something else in the module.
_TAKEN = {"self", "torch", "nn", "F", "operator"}

_TEMPLATE = '''\
"""{title}

    from network import load

    network = load()
    {outputs} = network({inputs})

{shapes}
Needs torch and safetensors alone; the weights lie beside this file in {weights}.
"""

{imports}from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import nn


class Network(nn.Module):
    def __init__(self):
        super().__init__()
{tensors}

    def forward(self, {inputs}):
{body}


def load(weights=Path(__file__).with_name("{weights}")):
    """The network with its weights, ready for use."""
    network = Network()
    network.load_state_dict(load_file(weights))
    return network.eval()
'''

WEIGHTS = "network.safetensors"


def python_source(
    module: fx.GraphModule,
    title: str,
    inputs: Mapping[str, str],
    outputs: Mapping[str, Sequence[int]],
) -> str:
    """The text of a Python module with a class `Network` and a function `load`.

    Args:
        module: The graph; its parameters and buffers are the network's.
        title: The first line of the module's docstring.
        inputs: What each argument is, by name, such as "uint8 (B, 1, 28, 28)".
        outputs: The shape of one sample of each task's output.

    Titles and names may hold anything: a table of somebody else names its columns.
    """
    names = [identifier(name, "output") for name in outputs]
    shapes = [f"{name}: {words}" for name, words in inputs.items()]
    shapes += [f"{name}: {batch_shape(sides)}" for name, sides in outputs.items()]
    body = "\n".join(f"        {line}" for line in _lines(module.graph))
    return _TEMPLATE.format(
        title=_in_docstring(title),
        imports="import operator\n" if "operator." in body else "",
        inputs=", ".join(str(node.target) for node in _arguments(module.graph)),
        outputs=", ".join(names) + ("," if len(names) == 1 else ""),
        shapes="".join(f"    {_in_docstring(line)}\n" for line in shapes),
        weights=WEIGHTS,
        tensors="\n".join(
            f"        {_declaration(name, tensor)}"
            for name, tensor in module.state_dict(keep_vars=True).items()
        ),
        body=body,
    )


def batch_shape(sides: Sequence[int]) -> str:
    """The shape of a batch as text, from that of a sample: (B, 3, 32, 32)."""
    return f"(B, {', '.join(map(str, sides))})" if len(sides) else "(B,)"


def _in_docstring(text: str) -> str:
    """A text in one line that cannot end the docstring which it stands in."""
    return one_line(text).replace("\\", "\\\\").replace('"', '\\"')


def _arguments(graph: fx.Graph) -> list[fx.Node]:
    return list(graph.find_nodes(op="placeholder"))


def _declaration(name: str, tensor: Tensor) -> str:
    shape = ", ".join(map(str, tensor.shape))
    if isinstance(tensor, nn.Parameter):
        kind = "" if tensor.dtype == torch.float32 else f", dtype={tensor.dtype}"
        return f"self.{name} = nn.Parameter(torch.empty({shape or '()'}{kind}))"
    empty = f"torch.empty({shape or '()'}, dtype={tensor.dtype})"
    return f'self.register_buffer("{name}", {empty})'


def _lines(graph: fx.Graph) -> list[str]:
    # Names of nodes are unlike those of arguments where these begin with a capital, or Python has
    # a function of that name.
    lines = [f"{n.name} = {n.target}" for n in _arguments(graph) if n.name != n.target]
    for node in graph.nodes:
        if node.op == "output":
            lines.append(f"return {_text(node.args[0])}")
        elif node.op == "call_function" and node.target is operator.getitem:
            lines.append(f"{node.name} = {_text(node.args[0])}[{_text(node.args[1])}]")
        elif node.op == "call_function":
            given = [_text(argument) for argument in node.args]
            given += [
                f"{name}={_text(value)}"
                for name, value in node.kwargs.items()
                if name not in _LEFT_OUT.get(node.target, ())
            ]
            function = _function(node.target)
            if node.target in _METHODS:
                function = f"{given.pop(0)}.{_METHODS[node.target]}"
            lines.append(f"{node.name} = {function}({', '.join(given)})")
    return lines


def _function(target: Any) -> str:
    if target in _PUBLIC:
        return _PUBLIC[target]
    if isinstance(target, torch._ops.OpOverload):
        return f"torch.ops.{target}"
    return f"operator.{target.__name__}"  # arithmetic with sizes


def _text(argument: Any) -> str:
    if isinstance(argument, fx.Node):
        return f"self.{argument.target}" if argument.op == "get_attr" else argument.name
    if isinstance(argument, tuple):
        inside = ", ".join(map(_text, argument))
        return f"({inside},)" if len(argument) == 1 else f"({inside})"
    if isinstance(argument, list | fx.immutable_collections.immutable_list):
        return f"[{', '.join(map(_text, argument))}]"
    if isinstance(argument, float) and not math.isfinite(argument):
        return f'float("{argument}")'
    if isinstance(argument, torch.device):
        return f'torch.device("{argument}")'
    return repr(argument)  # numbers, texts, None, and torch's types of numbers


def identifier(name: str, kind: str) -> str:
    """A name that the module can use: the one given, or one that starts with what it is."""
    plain = "".join(letter if f"_{letter}".isidentifier() else "_" for letter in name)
    if plain.isidentifier() and not iskeyword(plain) and plain not in _TAKEN:
        return plain
    return f"{kind}_{plain}" if plain else kind

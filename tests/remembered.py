"""Traces of networks that a test process has traced already: each takes a second.

A sweep traces its network once, and hundreds of tests sweep a few small networks. What
traces in `paretocli.compaction` and `paretocli.exporting`, and what runs in an interpreter of its
own, is as it always is.
"""

import functools
import typing
from copy import copy
from dataclasses import replace
from types import CodeType

import torch._export.utils
import torch._ops

from paretocli.core.as_used import AsUsed, raw_inputs
from paretocli.sweeping import sizes

_FLAT = ("_flat_weights", "_flat_weight_refs")


def _code(function):
    code = getattr(function, "__code__", None)
    return code and _content(code)


def _content(code):
    """What code does, with that of functions within it, whose own representation has an address."""
    inner = [_content(c) if isinstance(c, CodeType) else repr(c) for c in code.co_consts]
    return (code.co_code, code.co_names, inner)


def _class(kind):
    """A class, by the code of its methods and of those that it inherits from others than torch."""
    own = [base for base in kind.__mro__ if base.__module__.partition(".")[0] != "torch"]
    methods = [(name, _code(value)) for base in own for name, value in vars(base).items()]
    return (kind.__qualname__, [(name, code) for name, code in methods if code])


def _settings(module):
    plain = bool | int | float | str | tuple | list | None
    found = {name: value for name, value in vars(module).items() if isinstance(value, plain)}
    # A recurrent layer has lists of its own parameters beside, and of where they are in memory.
    return {name: value for name, value in found.items() if name not in {"training", *_FLAT}}


def _key(network, problem):
    """All that a trace depends on: modules with what they do, tensors, inputs and preparation."""
    modules = [(_class(type(one)), _settings(one)) for one in network.modules()]
    tensors = [*network.named_parameters(), *network.named_buffers()]
    tensors += list(raw_inputs(problem, 1).items())
    described = [(name, tensor.shape, tensor.dtype) for name, tensor in tensors]
    return repr((problem.name, network, modules, described, _code(problem.prepare)))


def remembering(trace):
    """A function that traces as another does, but a network that it knows only once."""
    known = {}

    def remembered(network, problem):
        key = _key(network, problem)
        if key not in known:
            known[key] = trace(network, problem)
        return replace(known[key], network=AsUsed(problem, network).eval())

    return remembered


def hasten_tracing(put=setattr):
    """Have torch do once what it does for each trace anew: a quarter of what one takes.

    It looks for all operations that there are, and none are added while tests run; and it makes ten
    thousand annotations of the kind `Callable[P, T]`, of which `typing` keeps those it has made.

    Args:
        put: Sets an attribute of a module.
    """
    # Other versions may do without either.
    search = getattr(torch._export.utils, "_materialize_cpp_cia_ops", None)
    if search is not None:
        put(torch._export.utils, search.__name__, functools.cache(search))
    if hasattr(torch._ops, "Callable"):
        put(torch._ops, "Callable", typing.Callable)


def hasten_onnx(put=setattr):
    """Have torch gather once how operations are written in ONNX: half of what a small export takes.

    It reads the source of five hundred functions for it. Each export gets a copy.

    Args:
        put: Sets an attribute of a class.
    """
    try:
        from torch.onnx._internal.exporter._registration import ONNXRegistry
    except ImportError:  # which extra is installed, and which version has it
        return
    gathered = functools.cache(ONNXRegistry.from_torchlib)

    def from_torchlib(*args, **kwargs):
        registry = copy(gathered(*args, **kwargs))
        registry.functions = {target: [*found] for target, found in registry.functions.items()}
        return registry

    put(ONNXRegistry, "from_torchlib", staticmethod(from_torchlib))


def remember_traces(put=setattr):
    """Have sweeps in this process trace a network that they know only once; how they trace then.

    Args:
        put: Sets an attribute of a module.
    """
    remembered = remembering(sizes.traced_as_used)
    put(sizes, "traced_as_used", remembered)
    return remembered

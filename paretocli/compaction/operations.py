"""How many multiply-accumulates a network does for one sample.

Counted are those of matrices, convolutions, attention and recurrent layers, whatever they are
written as. Not counted is what works on each number by itself, and normalisation, pooling and the
like, as everywhere in the field. Operations are counted as they are done: kernels that do a whole
layer of a transformer at once are switched off meanwhile, for nobody sees into them.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import prod
from typing import Any

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry

ATEN = torch.ops.aten


class UncountedError(Exception):
    """A network does something whose multiply-accumulates are not known.

    Args:
        operations: What it does, by name.
    """

    def __init__(self, operations: Sequence[str]) -> None:
        super().__init__(f"those of {', '.join(operations)} cannot be counted")


@torch.no_grad()
def multiply_accumulates(network: Callable[..., Any], sample: Sequence[Tensor]) -> int:
    """Multiply-accumulates for one sample.

    Args:
        network: In evaluation mode, on the CPU.
        sample: Its arguments (1, …).

    Raises:
        UncountedError: Some cannot be counted.
    """
    with _in_single_steps(), _MultiplyAccumulateCounter() as counter:
        network(*sample)
    if counter.unknown:
        raise UncountedError(sorted(counter.unknown))
    return int(counter.count)


@contextmanager
def _in_single_steps() -> Iterator[None]:
    """Have transformers and attention done by matrix products."""
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)


class _MultiplyAccumulateCounter(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch has no types here
    """Sees each operation that torch does, and counts.

    Attributes:
        count: Multiply-accumulates so far.
        unknown: Names of operations that cannot be counted.
    """

    supports_higher_order_operators = True

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch has no types here
        self.count = 0
        self.unknown: set[str] = set()

    def __torch_dispatch__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """Count an operation and do it, or those that it consists of."""
        kwargs = kwargs or {}
        kind = getattr(function, "overloadpacket", function)
        known = kind in _OWN or kind in flop_registry
        if not known and isinstance(function, torch._ops.OpOverload):
            with self:
                parts = function.decompose(*args, **kwargs)
            if parts is not NotImplemented:
                return parts
        result = function(*args, **kwargs)
        if kind in _OWN:
            self.count += _OWN[kind](*args)
        elif kind in flop_registry:  # a multiply-accumulate is two of these
            self.count += flop_registry[kind](*args, **kwargs, out_val=result) // 2
        elif not _is_free(function, (args, kwargs)):
            self.unknown.add(str(kind))
        return result


def _is_free(function: Any, arguments: Any) -> bool:
    """Whether an operation multiplies no matrices: those take two tensors of numbers."""
    if not isinstance(function, torch._ops.OpOverload) or function.namespace not in _OF_TORCH:
        return False
    name = function.overloadpacket.__name__
    if name.lstrip("_").startswith(_SOLVING):
        return False
    if torch.Tag.pointwise in function.tags or function.is_view or name.rstrip("_") in _FREE:
        return True
    tensors = [value for value in tree_leaves(arguments) if isinstance(value, Tensor)]
    return sum(t.is_floating_point() or t.is_complex() for t in tensors) < 2


_OF_TORCH = ("aten", "prim", "prims")

# Of one matrix alone, and yet more than a look at each number.
_SOLVING = ("fft", "linalg", "cholesky", "lu_", "geqrf", "ormqr", "orgqr", "triangular", "matrix_")

# Take several tensors of numbers, and move or normalise them.
_FREE = (
    *("cat", "stack", "hstack", "vstack", "copy", "set", "where", "bucketize", "searchsorted"),
    *("index_put", "_index_put_impl", "_unsafe_index_put", "index_add", "index_copy"),
    *("index_reduce", "scatter", "scatter_add", "scatter_reduce", "masked_scatter", "put"),
    *("select_scatter", "slice_scatter", "diagonal_scatter", "as_strided_scatter"),
    *("native_layer_norm", "native_group_norm", "_fused_rms_norm"),
    *("native_batch_norm", "cudnn_batch_norm", "miopen_batch_norm", "_batch_norm_with_update"),
    *("_native_batch_norm_legit", "_native_batch_norm_legit_no_training"),
    *("_batch_norm_no_update", "_prelu_kernel", "rrelu_with_noise", "embedding_renorm"),
    *("grid_sampler_2d", "grid_sampler_3d", "_embedding_bag", "_embedding_bag_forward_only"),
    *("lift_fresh_copy", "equal", "isin", "_thnn_fused_lstm_cell", "_thnn_fused_gru_cell"),
)


def _vector(matrix: Tensor, vector: Tensor) -> int:
    return matrix.numel()


def _added_vector(start: Tensor, matrix: Tensor, vector: Tensor) -> int:
    return matrix.numel()


def _added_batch(start: Tensor, one: Tensor, other: Tensor) -> int:
    return one.numel() * other.shape[-1]


def _outer(start: Tensor, one: Tensor, other: Tensor) -> int:
    return one.numel() * other.numel()


def _trilinear(
    one: Tensor,
    two: Tensor,
    three: Tensor,
    expand1: Sequence[int],
    expand2: Sequence[int],
    expand3: Sequence[int],
    *others: Any,
) -> int:
    """Of a bilinear layer: one for each pair of inputs and each output."""
    shapes = []
    for tensor, places in ((one, expand1), (two, expand2), (three, expand3)):
        shape = list(tensor.shape)
        for place in sorted(places):
            shape.insert(place, 1)
        shapes.append(shape)
    return prod(torch.broadcast_shapes(*shapes))  # type: ignore[no-untyped-call]  # torch has no types here


def _recurrent(sequence: Tensor, from_input: Tensor, from_state: Tensor, *others: Any) -> int:
    """Of one direction of one layer: a sequence (T, B, in) and the weights of its gates."""
    return sequence.shape[0] * sequence.shape[1] * (from_input.numel() + from_state.numel())


# Of what torch has no formula for, in multiply-accumulates.
_OWN: dict[Any, Callable[..., int]] = {
    ATEN.mv: _vector,
    ATEN.dot: _vector,
    ATEN.vdot: _vector,
    ATEN.addmv: _added_vector,
    ATEN.addbmm: _added_batch,
    ATEN.addr: _outer,
    ATEN._int_mm: lambda one, other, *_: one.numel() * other.shape[1],
    ATEN._trilinear: _trilinear,
    ATEN.mkldnn_rnn_layer: _recurrent,
}

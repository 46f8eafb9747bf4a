"""A second device that lives in Python: what would fail on a GPU fails here, what waits is counted.

Each tensor on it holds one of the CPU, which computes. As on a GPU, tensors of two devices do not
go together, but for single numbers () and for indices; random numbers come from a generator of its
own. As on Apple's GPUs there are no numbers of double precision.

It is there from when this module is imported: torch's backward pass counts devices once. Where
there is a GPU it cannot be, for torch knows one kind of accelerator at a time; tests that need it
are skipped, and those of the commands run on the GPU.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import torch.utils.backend_registration as registration
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map

from paretocli.training import machine

if torch.accelerator.is_available():
    pytest.skip("torch knows one kind of accelerator at a time", allow_module_level=True)

NAME = "seconddevice"
DEVICE = torch.device("cpu")  # until it is registered, at the end of this module
CPU = torch.device("cpu")

# What makes a tensor there out of none.
FACTORIES = (
    *("empty.memory_format", "empty_strided", "zeros", "ones", "full", "eye", "eye.m", "rand"),
    *("arange", "arange.start", "arange.start_step", "linspace", "randn", "randint", "randint.low"),
    *("randperm", "scalar_tensor"),
)
COPIES = ("_to_copy", "copy_")
BY_INDEX = ("index", "index_put", "index_put_", "_index_put_impl_", "_unsafe_index")
JOINS = ("cat", "stack")  # no exception is made for single numbers
# These hand a number, or a shape that depends on numbers, to the program.
WAITING = ("_local_scalar_dense", "equal", "nonzero", "masked_select", "_unique2", "unique_dim")


class Elsewhere(torch.Tensor):
    """A tensor on the second device.

    Attributes:
        held: The tensor of the CPU that has its numbers.
    """

    held: torch.Tensor
    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, held: torch.Tensor) -> "Elsewhere":
        if held.dtype in {torch.float64, torch.complex128}:
            raise TypeError(f"The device {NAME} has no numbers of type {held.dtype}.")
        layout = {"strides": held.stride(), "storage_offset": held.storage_offset()}
        made = torch.Tensor._make_wrapper_subclass(
            cls, held.shape, dtype=held.dtype, device=DEVICE, **layout
        )
        made.held = held
        return made

    def __repr__(self, **kwargs: Any) -> str:
        return f"Elsewhere({self.held!r})"

    def __reduce_ex__(self, protocol: Any) -> Any:
        """In a file it is a tensor; whoever reads that says where it goes."""
        return self.held.__reduce_ex__(protocol)

    def tolist(self) -> Any:
        return self.cpu().tolist()

    @classmethod
    def __torch_dispatch__(
        cls, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        name = name_of(function)
        if torch.Tag.inplace_view in function.tags:
            raise NotImplementedError(f"{name} would change the shape of a tensor of {NAME}.")
        refuse_mixed(name, args, kwargs)
        leaves = kwargs.get("device") not in {None, DEVICE}
        known: dict[int, Elsewhere] = {}
        given, named = (_each(lambda one: _held(one, known), some) for some in (args, kwargs))
        with own_random_numbers(function):
            result = function(*given, **named)
        if leaves or (args and result is args[0]):  # to a tensor of the CPU, in place
            return result
        # What was changed in place is what it was before.
        return _each(lambda one: _elsewhere(one, known), result)


def name_of(function: Any) -> str:
    """The name of an operation, without its namespace and what it is given."""
    return str(function.name()).removeprefix("aten::").partition(".")[0]


def _each(function: Callable[[Any], Any], given: Any) -> Any:
    """Something done with all that an operation is given or gives, in tuples and lists too."""
    if isinstance(given, tuple | list):
        return type(given)([_each(function, one) for one in given])
    if isinstance(given, dict):
        return {name: _each(function, one) for name, one in given.items()}
    return function(given)


def _held(value: Any, known: dict[int, "Elsewhere"]) -> Any:
    if isinstance(value, Elsewhere):
        known[id(value.held)] = value
        return value.held
    return CPU if value == DEVICE and isinstance(value, torch.device) else value


def _elsewhere(value: Any, known: dict[int, "Elsewhere"]) -> Any:
    if not isinstance(value, torch.Tensor):
        return value
    return known[id(value)] if id(value) in known else Elsewhere(value)


def refuse_mixed(name: str, args: Any, kwargs: Any) -> None:
    """Refuse what a GPU would: a tensor, or random numbers, of another device.

    Raises:
        RuntimeError: There are such.
    """
    if name in COPIES:
        return

    def refuse(one: Any) -> None:
        tensor = isinstance(one, torch.Tensor) and not isinstance(one, Elsewhere)
        if (tensor and (one.dim() > 0 or name in JOINS)) or isinstance(one, torch.Generator):
            raise RuntimeError(f"{name} was given what is on {one.device} with what is on {NAME}.")

    indices = name in BY_INDEX and isinstance(args[0], Elsewhere)
    _each(refuse, (args[:1], args[2:], kwargs) if indices else (args, kwargs))


class Module:
    """What torch, and the program, ask the module of a device for."""

    def __init__(self) -> None:
        self.manual_seed_all(0)

    def is_initialized(self) -> bool:
        return True

    def is_available(self) -> bool:
        return True

    def current_device(self) -> int:
        return 0

    def device_count(self) -> int:
        return 1

    def _is_in_bad_fork(self) -> bool:
        return False

    def manual_seed(self, seed: int) -> None:
        self.manual_seed_all(seed)

    def manual_seed_all(self, seed: int) -> None:
        # Other numbers than those of the CPU for the same seed.
        self.random = torch.Generator().manual_seed(seed + 1).get_state()

    def get_rng_state(self, device: Any = None) -> torch.Tensor:
        return self.random.clone()

    def set_rng_state(self, state: torch.Tensor, device: Any = None) -> None:
        self.random = state.clone()

    def get_amp_supported_dtype(self) -> list[torch.dtype]:
        return [torch.bfloat16]

    def synchronize(self, device: Any) -> None:
        pass

    def empty_cache(self) -> None:
        pass

    def get_device_properties(self, device: Any) -> Any:
        return SimpleNamespace(total_memory=1 << 30)


MODULE = Module()


@contextmanager
def own_random_numbers(function: Any) -> Iterator[None]:
    """Let an operation that draws at random draw from the device's generator."""
    if torch.Tag.nondeterministic_seeded not in function.tags:
        yield
        return
    before = torch.get_rng_state()
    torch.set_rng_state(MODULE.random)
    try:
        yield
    finally:
        MODULE.random = torch.get_rng_state()
        torch.set_rng_state(before)


def made_there(name: str) -> Callable[..., Elsewhere]:
    """The factory of that name, whose tensors are on the device."""
    packet, _, overload = name.partition(".")
    function = getattr(getattr(torch.ops.aten, packet), overload or "default")

    def make(*args: Any, device: Any = None, **kwargs: Any) -> Elsewhere:
        with own_random_numbers(function):
            return Elsewhere(function(*args, device=CPU, **kwargs))

    return make


def copied(source: torch.Tensor, target: torch.Tensor, non_blocking: bool = False) -> torch.Tensor:
    """Copies from or to the device, as torch asks for them from inside itself."""
    _held(target, {}).copy_(_held(source, {}))
    return target


def load_there(load: Callable[..., Any]) -> Callable[..., Any]:
    """`torch.load`, which may be told that all tensors are to come to the device."""

    def loaded(*args: Any, map_location: Any = None, **kwargs: Any) -> Any:
        if map_location is None or torch.device(map_location).type != NAME:
            return load(*args, map_location=map_location, **kwargs)
        found = load(*args, map_location=CPU, **kwargs)
        return tree_map(lambda t: t.to(DEVICE) if isinstance(t, torch.Tensor) else t, found)

    return loaded


def offer(setattr: Callable[[Any, str, Any], None]) -> None:
    """Let the program take the device, by its name.

    Args:
        setattr: That of pytest's `monkeypatch`.
    """
    setattr(machine, "KNOWN_DEVICES", (*machine.KNOWN_DEVICES, NAME))
    setattr(torch, "load", load_there(torch.load))


class Waits(TorchDispatchMode):
    """Counts, by the names of operations, what makes the program wait for the device."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()

    def __torch_dispatch__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        name, kwargs = name_of(function), kwargs or {}
        there = bool(args) and isinstance(args[0], Elsewhere)
        if there and name in WAITING:
            self.found[name] += 1
        if there and name in BY_INDEX and any(map(_is_mask, args[1])):
            self.found[f"{name} by a mask"] += 1
        result = function(*args, **kwargs)
        if name in COPIES:
            source = args[1] if name == "copy_" else args[0]
            if isinstance(source, Elsewhere) != isinstance(result, Elsewhere):
                there = isinstance(result, Elsewhere)
                self.found["from the host" if there else "to the host"] += 1
        return result


def _is_mask(one: Any) -> bool:
    return isinstance(one, torch.Tensor) and one.dtype == torch.bool


registration._setup_privateuseone_for_python_backend(NAME, backend_module=MODULE)
DEVICE = torch.device(NAME, 0)
LIBRARY = torch.library.Library("aten", "IMPL")
LIBRARY.impl("_copy_from", copied, "PrivateUse1")
for factory in FACTORIES:
    LIBRARY.impl(factory, made_there(factory), "PrivateUse1")

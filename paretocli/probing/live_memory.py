"""The memory of all tensors that are alive, step by step, while something is computed."""

import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode


@dataclass(frozen=True)
class Block:
    """A piece of memory.

    Attributes:
        size: Bytes.
        part: What was computed when it was taken.
    """

    size: int
    part: str


class LiveMemory(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch has no types here
    """Notes each block of memory that operations take inside it, and when it is given back.

    What operations need inside themselves is not seen, nor what was there before.

    Attributes:
        blocks: In the order in which they were taken.
        events: The number of a block where it is taken, and −1 − number where it is given back.
        parts: For each event, what was computed then.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch has no types here
        self.blocks: list[Block] = []
        self.events: list[int] = []
        self.parts: list[str] = []
        self._part = ""
        self._known: dict[int, int] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Name what is computed inside."""
        before, self._part = self._part, name
        try:
            yield
        finally:
            self._part = before

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # or torch's compiler would be imported, which takes seconds

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        given = kwargs or {}
        outputs = func(*args, **given)
        # There are tens of thousands of operations, and many give memory that is known.
        new = [t for t in _tensors(outputs) if _address(t) not in self._known]
        if new:
            own = {_address(t) for t in _tensors((args, given))}
            for tensor in new:
                if _address(tensor) not in own:
                    self._take(tensor)
        return outputs

    def _take(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        if storage._cdata in self._known or not storage.nbytes():
            return
        number = self._known[storage._cdata] = len(self.blocks)
        self.blocks.append(Block(storage.nbytes(), self._part))
        self._note(number)
        weakref.finalize(storage, self._give_back, storage._cdata, number).atexit = False

    def _give_back(self, address: int, number: int) -> None:
        del self._known[address]
        self._note(-1 - number)

    def _note(self, event: int) -> None:
        self.events.append(event)
        self.parts.append(self._part)


def peaks(live: LiveMemory, sizes: Sequence[float]) -> dict[str, float]:
    """The largest sum of the live blocks in each part, were the blocks of other sizes.

    Args:
        live: What was noted.
        sizes: Of the blocks, bytes.
    """
    found: dict[str, float] = {}
    total = 0.0
    for event, part in zip(live.events, live.parts, strict=True):
        total += sizes[event] if event >= 0 else -sizes[-1 - event]
        found[part] = max(found.get(part, 0.0), total)
    return found


def _tensors(value: Any) -> Iterator[Tensor]:
    """Those among the arguments or the outputs of an operation."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _tensors(part)
    elif isinstance(value, dict):
        yield from _tensors(list(value.values()))


def _address(tensor: Tensor) -> int:
    address: int = tensor.untyped_storage()._cdata
    return address

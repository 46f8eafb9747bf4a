"""What one module inside a network gives, beside the network's outputs."""

from typing import Any

import torch
from torch import Tensor, nn

from paretocli.core.inputs import Inputs, call
from paretocli.errors import InputError

NAMED = 8  # modules that are named
DIMENSIONS = 3  # of a sample's features: (F,), (L, F) or (C, H, W)


class Features:
    """Listens to a module of a network.

    Args:
        network: Whose module it is.
        module: Its name, as in `named_modules`.
    """

    def __init__(self, network: nn.Module, module: str) -> None:
        self._last: Any = None
        network.get_submodule(module).register_forward_hook(self._hear)

    def taken(self) -> Tensor:
        """What the module gave last (B, …), which is forgotten then."""
        last, self._last = self._last, None
        assert isinstance(last, Tensor)
        return last

    def _hear(self, module: nn.Module, given: Any, output: Any) -> None:
        self._last = output


@torch.no_grad()
def features_shape(network: nn.Module, module: str, inputs: Inputs) -> tuple[int, ...]:
    """The shape (…) of a module's features of one sample.

    Args:
        network: Whose module it is; it is left in evaluation mode.
        module: Its name.
        inputs: A small prepared batch (B, …).

    Raises:
        InputError: There is no such module, or its features are not one tensor (B, …) for all
            tasks.
    """
    heard: dict[str, list[Any]] = {name: [] for name, _ in network.named_modules() if name}
    handles = [
        network.get_submodule(name).register_forward_hook(
            lambda _module, _given, output, name=name: heard[name].append(output)
        )
        for name in heard
    ]
    try:
        call(network.eval(), inputs)
    finally:
        for handle in handles:
            handle.remove()
    shapes = {name: _shape(outputs) for name, outputs in heard.items()}
    if (shape := shapes.get(module)) is not None:
        return shape
    possible = [name for name, found in shapes.items() if found is not None]
    if len(heard.get(module, ())) > 1:
        reason = f"The module {module!r} is called {len(heard[module])} times, as for each task"
    elif module in heard:
        reason = f"The module {module!r} gives no features (B, …) when the network is called"
    else:
        reason = f"The network has no module {module!r} whose features could be compared"
    raise InputError(
        f"{reason}; name another one with --distill-at ({', '.join(possible[:NAMED]) or 'none'})."
    )


def _shape(outputs: list[Any]) -> tuple[int, ...] | None:
    """The shape (…) of one tensor (B, …) with up to three dimensions a sample."""
    if len(outputs) != 1 or not isinstance(outputs[0], Tensor):
        return None
    shape = tuple(outputs[0].shape[1:])
    return shape if 1 <= len(shape) <= DIMENSIONS else None

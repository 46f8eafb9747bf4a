"""What one module inside a network gives, beside the network's outputs."""

from typing import Any

import torch
from torch import Tensor, nn

from paretocli.errors import InputError
from paretocli.problems.inputs import Inputs, call

NAMED = 6  # modules that are named


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
        InputError: There is no such module, it takes no part, or gives no features of samples.
    """
    names = [name for name, _ in network.named_children()]
    if module not in dict(network.named_modules()) or not module:
        raise InputError(
            f"The network has no module {module!r} whose features could be compared; name another "
            f"one with --distill-at ({', '.join(names[:NAMED]) or 'it has none'})."
        )
    heard: list[Any] = []
    handle = network.get_submodule(module).register_forward_hook(
        lambda _module, _given, output: heard.append(output)
    )
    try:
        call(network.eval(), inputs)
    finally:
        handle.remove()
    if not heard or not isinstance(heard[-1], Tensor) or heard[-1].dim() < 2:
        raise InputError(
            f"The module {module!r} gives no features (B, …) when the network is called; name "
            f"another one with --distill-at ({', '.join(names[:NAMED])})."
        )
    return tuple(heard[-1].shape[1:])

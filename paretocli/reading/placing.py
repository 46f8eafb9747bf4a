"""A batch that was read, brought to where it is computed with."""

import torch
from torch import Tensor

from paretocli.core.inputs import mapped
from paretocli.core.items import Parts
from paretocli.core.samples import Samples


def placed(parts: Parts, device: torch.device) -> Samples:
    """A batch on a device; what is pinned is copied while that computes, what is not, at once."""

    def there(tensor: Tensor) -> Tensor:
        return tensor.to(device, non_blocking=tensor.is_pinned())

    inputs, targets = parts
    return Samples(mapped(there, inputs), tuple(map(there, targets)))

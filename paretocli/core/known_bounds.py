"""Losses of torch that never fall below 0, whatever a network gives."""

from collections.abc import Callable
from functools import partial
from typing import Any

from torch import nn
from torch.nn import functional

# Not those whose sign depends on the targets, such as binary cross-entropy and Poisson's.
_FUNCTIONS: frozenset[Callable[..., Any]] = frozenset(
    {
        functional.mse_loss,
        functional.l1_loss,
        functional.smooth_l1_loss,
        functional.huber_loss,
        functional.cross_entropy,
        functional.soft_margin_loss,
        functional.multi_margin_loss,
        functional.multilabel_margin_loss,
    }
)
_MODULES = frozenset(
    {
        nn.MSELoss,
        nn.L1Loss,
        nn.SmoothL1Loss,
        nn.HuberLoss,
        nn.CrossEntropyLoss,
        nn.SoftMarginLoss,
        nn.MultiMarginLoss,
        nn.MultiLabelMarginLoss,
    }
)


def is_never_negative(loss: Callable[..., Any]) -> bool:
    """Whether a loss is one of torch's that are known to be 0 or more, also as a `partial`."""
    while isinstance(loss, partial):
        loss = loss.func
    return type(loss) in _MODULES or (not isinstance(loss, nn.Module) and loss in _FUNCTIONS)

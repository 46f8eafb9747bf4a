"""The boosted trees that sweeps end with: a hundred take longer than a short sweep to train."""

from collections.abc import Callable
from typing import Any

from paretocli.baselines.models import Trees

FEW = 10


def leave_trees_few(put: Callable[..., Any] = setattr) -> int:
    """Have sweeps in this process learn few trees; how many they learn otherwise.

    What an interpreter of its own learns is as ever.

    Args:
        put: Sets an attribute of a class.
    """
    many = Trees.COUNT
    put(Trees, "COUNT", FEW)
    return many

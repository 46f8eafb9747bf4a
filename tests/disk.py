"""What tests write need not outlast a power failure."""

import os
from collections.abc import Callable
from typing import Any


def leave_unflushed(put: Callable[..., Any] = setattr) -> None:
    """Have this process wait for no disk: a sweep does a dozen times, some milliseconds each.

    When the program waits is tested by itself; an interpreter of its own does as ever.

    Args:
        put: Sets an attribute of a module.
    """
    put(os, "fsync", lambda descriptor: None)

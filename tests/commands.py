"""The program's commands, made of their functions once: each call of it makes them all anew."""

import functools
from collections.abc import Callable
from typing import Any

import typer.main


def remember_commands(put: Callable[..., Any] = setattr) -> Callable[..., Any]:
    """Have calls of the program in this process share its commands; gives what makes them.

    What an interpreter of its own does is as ever.

    Args:
        put: Sets an attribute of a module.
    """
    remembered = functools.cache(typer.main.get_command)
    put(typer.main, "get_command", remembered)
    return remembered

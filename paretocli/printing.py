"""What commands print: names come from files and from other people's code."""

import typer

from paretocli.printable import printable


def say(text: object, *, err: bool = False, nl: bool = True) -> None:
    """Print a text without what steers a terminal.

    Args:
        text: What is printed.
        err: On stderr instead of stdout.
        nl: End it with a new line.
    """
    typer.echo(printable(str(text)), err=err, nl=nl)

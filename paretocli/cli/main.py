"""The program `paretocli`: its commands, its exit codes and how it reports errors."""

import errno
import os
import signal
import sys
from types import FrameType
from typing import Annotated, NoReturn

import typer

from paretocli import __version__
from paretocli.cli.check import check
from paretocli.cli.compare import compare
from paretocli.cli.export import export
from paretocli.cli.front import front
from paretocli.cli.init import init
from paretocli.cli.measure import measure
from paretocli.cli.plot_front import plot_front
from paretocli.cli.problems import problems
from paretocli.cli.prune import prune
from paretocli.cli.refine import refine
from paretocli.cli.select import select
from paretocli.cli.status import status
from paretocli.cli.sweep import sweep
from paretocli.cli.train import train
from paretocli.cli.verify import verify
from paretocli.errors import InputError, RunError, StopError
from paretocli.execution.stopping import ending_signals
from paretocli.printing import say
from paretocli.streams import unfailing_streams

app = typer.Typer(
    name="paretocli",
    help="Explore the Pareto front of deep multi-task learning.\n\n"
    "`paretocli sweep` shows a first front; `paretocli init` starts a problem of your own.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(init)
app.command()(check)
app.command()(train)
app.command()(sweep)
app.command()(refine)
app.command()(prune)
app.command()(status)
app.command()(front)
app.command()(select)
app.command()(export)
app.command()(verify)
app.command()(measure)
app.command(name="plot-front")(plot_front)
app.command()(compare)
app.command()(problems)


def _show_version(asked: bool) -> None:
    if asked:
        say(f"paretocli {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    pass


def _terminate(signum: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + signum)


def main() -> None:
    """Run the program and exit.

    Exit codes: 0 all well, 1 a run failed or standard output could not be written (unless nobody
    read it any more), 2 wrong usage or input, 130 Ctrl-C, 129, 138 and 143 SIGHUP, SIGUSR1 and
    SIGTERM.
    """
    for number in ending_signals():
        signal.signal(number, _terminate)
    with unfailing_streams() as output:
        code = _exit_code()
        if code == 0 and output.error and output.error.errno != errno.EPIPE:
            code = _failed(
                f"Standard output could not be written ({output.error.strerror}); what was to be "
                "shown is cut or lost, all else was done.",
                1,
            )
    sys.exit(code)


def _exit_code() -> int:
    """Run the program and say what went wrong, if anything."""
    try:
        code = app(standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        return _failed("Interrupted; the same command goes on from what was finished.", 130)
    except Exception as error:
        if os.environ.get("PARETOCLI_DEBUG") == "1":
            raise
        return _failed(*_explained(error))
    return code if isinstance(code, int) else 0


def _explained(error: Exception) -> tuple[str, int]:
    """One sentence and the exit code for an exception."""
    if isinstance(error, InputError):
        return str(error), 2
    if isinstance(error, RunError):
        return str(error), 1
    if isinstance(error, StopError):
        return str(error), error.exit_code
    if isinstance(error, typer.TyperException):
        return error.format_message(), 2
    if isinstance(error, OSError) and error.strerror:  # the machine's fault, not the program's
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror}; mend that, and the same command goes on.", 1
    first_line = (str(error).strip().splitlines() or ["(no message)"])[0]
    return (
        f"{type(error).__name__}: {first_line}; what was finished is kept. "
        "Set PARETOCLI_DEBUG=1 to see where it happened."
    ), 1


def _failed(message: str, code: int) -> int:
    if message:  # Typer has said all when it shows the help for want of a command
        say(f"Error: {message}", err=True)
    return code

"""A command takes declared options: its signature, and so its help, are made from them."""

import inspect
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

import typer

from paretocli.option import UNSET, Option
from paretocli.options.declared import declared

Command = TypeVar("Command", bound=Callable[..., Any])

_PROBLEM = declared()["problem"]

ProblemName = Annotated[
    str | None,
    typer.Argument(metavar=_PROBLEM.metavar, help=_PROBLEM.text, show_default=_PROBLEM.shown or ""),
]


def with_options(
    *names: str, single: bool = False, after: str = ""
) -> Callable[[Command], Command]:
    """Give a command options of a sweep, in place of its `**given`, before its own.

    Args:
        names: Which; none of them for all but the problem, which is an argument.
        single: Whether it is for one point, which has no use for some.
        after: As for `taking`.

    Returns:
        A decorator; each option is None where the user does not name it.
    """
    known = declared(single=single)
    return taking([known[name] for name in names or known if name != "problem"], after)


def taking(options: Sequence[Option], after: str = "") -> Callable[[Command], Command]:
    """Give a command options in place of its `**given`.

    Args:
        options: As they are declared.
        after: The parameter of its own that stands before them in the help; without, none does.
    """

    def changed(command: Command) -> Command:
        own = list(inspect.signature(command, eval_str=True).parameters.values())
        positional = [one for one in own if one.kind == one.POSITIONAL_OR_KEYWORD]
        keyword = [one for one in own if one.kind == one.KEYWORD_ONLY]
        first = 1 + [one.name for one in keyword].index(after) if after else 0
        made = map(_parameter, options)
        parameters = [*positional, *keyword[:first], *made, *keyword[first:]]
        signature = inspect.Signature(parameters)
        command.__signature__ = signature  # type: ignore[attr-defined]  # functions may have one
        command.__annotations__ = {one.name: one.annotation for one in parameters}
        return command

    return changed


def _parameter(option: Option) -> inspect.Parameter:
    given: Any = list[str] if option.given is list else option.given
    return inspect.Parameter(
        option.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[given | None, _declared(option)],
    )


def _declared(option: Option) -> Any:
    return typer.Option(
        *(option.flags or (option.flag,)),
        metavar=option.metavar,
        envvar=option.variable,
        help=option.text,
        show_default=_shown(option),
        rich_help_panel=option.panel,
    )


def _shown(option: Option) -> str | bool:
    """The default as the help shows it, False where there is nothing to say."""
    if option.shown is not None:
        return option.shown or False
    if option.default in (UNSET, ""):
        return False
    return f"{option.default:g}" if isinstance(option.default, float) else str(option.default)

"""What the site is made of besides the pages in this folder.

The page of commands comes from the program itself, examples and a few files of the checkout are
taken in, and formulas become MathML, which needs no script.
"""

import html
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
TAKEN_IN = ("ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")
FORMULA = re.compile(r'<(span|div) class="arithmatex">\\([(\[])(.*?)\\[)\]]</\1>', re.DOTALL)
OF_SWEEPS = ("sweep", "train")


def on_files(files: Any, config: Any) -> Any:
    """Add the page of commands, the examples and the files of the checkout."""
    from mkdocs.structure.files import File  # here, so that tests can read pages without it

    files.append(File.generated(config, "commands.md", content=commands_page()))
    for path in (*map(Path, TAKEN_IN), *examples()):
        where = str(ROOT / path)
        files.append(File.generated(config, path.as_posix(), abs_src_path=where))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Links to files of the checkout lead to where the site has them, a folder less up."""
    up = "../" * page.file.src_uri.count("/")
    taken = "|".join(["examples/", *map(re.escape, TAKEN_IN)])
    return re.sub(rf"\]\({re.escape(up)}\.\./(?={taken})", f"]({up}", markdown)


def on_page_content(html: str, **_: Any) -> str:
    """Formulas in TeX become MathML."""
    return FORMULA.sub(_as_mathml, html)


def _as_mathml(found: re.Match[str]) -> str:
    from latex2mathml.converter import convert

    display = "block" if found[2] == "[" else "inline"
    return convert(html.unescape(found[3]).strip(), display=display)


def examples() -> Iterator[Path]:
    """The files of the examples, from the checkout's folder."""
    for path in sorted((ROOT / "examples").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc":
            yield path.relative_to(ROOT)


def commands_page() -> str:
    """The page of commands and options, from their declarations."""
    sys.path.insert(0, str(ROOT))  # the program of this checkout, whatever is installed
    import typer

    from paretocli.cli.main import app

    group = typer.main.get_command(app)
    parts = [
        "# Commands and options",
        "What each command takes, as `paretocli COMMAND --help` shows it. `sweep` and `train` "
        "read options from a TOML file too (`--config`): the last column says by which key. In "
        "Python the same names, with `_` for `-`, are arguments of `paretocli.sweep` and "
        "`paretocli.train`. A variable of the environment stands in for its option.",
        "Exit codes: 0 all well, 1 a run failed or the output could not be written, 2 wrong usage "
        "or input, and 128 and the signal's number where a signal ended the program.",
    ]
    for name, command in group.commands.items():
        parts += [f"## {name}", *_described(command.help or ""), *_parameters(name, command)]
    return "\n\n".join(parts) + "\n"


def _described(text: str) -> list[str]:
    """A command's help in paragraphs, with its examples as one block."""
    text, _, commands = text.partition("Examples:")
    parts = [_escaped(part).replace(".\n", ".  \n") for part in text.strip().split("\n\n")]
    lines = [line.strip() for line in commands.splitlines() if line.strip()]
    return [*parts, "\n".join(["```sh", *lines, "```"])] if lines else parts


def _parameters(name: str, command: Any) -> list[str]:
    """Tables of arguments and, panel by panel, of options."""
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option"]
    keys = _keys(name)
    parts = []
    if arguments:
        rows = [
            _with_key(one, (f"`{_metavar(one)}`", _text(one), _default(one)), keys)
            for one in arguments
        ]
        titles = ("argument", "what it is", "default")
        parts.append(_table((*titles, "key") if keys else titles, rows))
    panels = dict.fromkeys(one.rich_help_panel or "Options" for one in options)
    for panel in panels:
        rows = [
            _with_key(one, (_flags(one), _text(one), _default(one), _code(one.envvar)), keys)
            for one in options
            if (one.rich_help_panel or "Options") == panel
        ]
        titles = ("option", "what it does", "default", "variable")
        parts += [f"### {name}: {panel}", _table((*titles, "key") if keys else titles, rows)]
    return parts


def _with_key(parameter: Any, row: tuple[str, ...], keys: dict[str, str]) -> tuple[str, ...]:
    return (*row, _code(keys.get(parameter.name))) if keys else row


def _keys(command: str) -> dict[str, str]:
    """The keys of a TOML file by the names of a command's options."""
    from paretocli.options.declared import declared

    if command not in OF_SWEEPS:
        return {}
    return {name: name.replace("_", "-") for name in declared(single=command == "train")}


def _flags(option: Any) -> str:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    return names if option.is_flag else f"{names} `{_metavar(option)}`"


def _metavar(parameter: Any) -> str:
    """What stands for the value: as declared, or its type."""
    if parameter.metavar:
        return str(parameter.metavar)
    kind = parameter.type_descriptor.annotation
    choices = getattr(kind, "__members__", None)
    if choices:
        return "|".join(str(choice.value) for choice in choices.values())
    names = {int: "INTEGER", float: "NUMBER", str: "TEXT"}
    return names.get(kind, getattr(kind, "__name__", str(kind)).upper())


def _text(parameter: Any) -> str:
    return _escaped(parameter.help or "")


def _default(parameter: Any) -> str:
    """The default as the help shows it."""
    if isinstance(parameter.show_default, str):
        return _escaped(parameter.show_default)
    if parameter.required:
        return "required"
    value = parameter.default
    if not parameter.show_default or value in (None, False, "", [], ()):
        return ""
    return _escaped(str(getattr(value, "value", value)))


def _code(text: str | None) -> str:
    return f"`{text}`" if text else ""


def _table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(titles)]
    lines += [
        ["---"] * len(lines[0]),
        *([cell.replace("|", r"\|") for cell in row] for row in rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _escaped(text: str) -> str:
    """A text as Markdown that shows it as it is, but for code between backticks."""
    parts = text.split("`")
    parts[::2] = [re.sub(r"([\\*_\[\]<>$~])", r"\\\1", part) for part in parts[::2]]
    return "`".join(parts)

"""Options from a TOML file."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from paretocli.errors import InputError
from paretocli.options.declared import declared
from paretocli.options.given import Options, as_flags_give, merge

# Problems that name a file or a folder
OF_FILES = ("table:", "images:")


def read_config_file(path: Path) -> Options:
    """Read options from a TOML file; keys are the options' names without the dashes in front.

    Relative paths in the file are relative to the file.

    Raises:
        InputError: The file cannot be read, a key is unknown, or a value has the wrong type.
    """
    try:
        with path.open("rb") as file:
            content = tomllib.load(file)
    except FileNotFoundError:
        raise InputError(f"The config file {path} does not exist; check the path.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The config file {path} cannot be read: {error}.") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"The config file {path} is not valid TOML: {error}.") from None
    options = as_flags_give(
        content,
        declared(),
        f"The config file {path} has the unknown key",
        lambda key: f"The key {key!r} in {path}",
    )
    for name, value in options.items():
        if isinstance(value, Path):
            options[name] = Path(os.path.normpath(path.parent / value))
    if isinstance(problem := options.get("problem"), str):
        options["problem"] = _relative_to(path.parent, problem)
    return options


def with_file(given: Mapping[str, Any], path: Path | None, *, single: bool) -> Options:
    """Options as they were given, over those of a file.

    Args:
        given: As flags give them; None for what is not given. It may hold more than options.
        path: The file, None where there is none.
        single: Whether they are for one point.

    Raises:
        InputError: The file is wrong, or two ask for different weights.
    """
    known = declared(single=single)
    # A file made for a sweep serves for one of its points too.
    written = read_config_file(path) if path else {}
    file = {key: value for key, value in written.items() if key in known}
    options = merge({key: given.get(key) for key in known}, file)
    weights = options.get("weights")
    if single and isinstance(weights, list) and len(weights) > 1:
        raise InputError(
            f"`train` solves one point, but the config file lists {len(weights)} weights; choose "
            "one with --weights, or use `paretocli sweep`."
        )
    return options


def _relative_to(folder: Path, problem: str) -> str:
    """The problem with the path that it names, if it does, taken from a folder."""
    for prefix in OF_FILES:
        if problem.startswith(prefix):
            return f"{prefix}{folder / problem.removeprefix(prefix)}"
    return str(folder / problem) if ".py" in problem else problem

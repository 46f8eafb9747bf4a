"""Making a problem: a built-in one, one of a family, an installed one, or a user's own."""

import hashlib
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import cloudpickle

import paretocli
from paretocli.errors import InputError
from paretocli.options.declared import declared
from paretocli.problems.arguments import arguments_for
from paretocli.problems.asked import NOTHING, SAYS, Asked, taken_by
from paretocli.problems.catalogue import BUILT_IN, FAMILIES, by_name, installed
from paretocli.registries import lookup

if TYPE_CHECKING:
    from paretocli.core.problem import Problem

PROGRAM = Path(paretocli.__file__).parent


def load_problem(source: str, data_dir: Path, asked: Asked = NOTHING) -> "Problem":
    """Make a problem from a name, from `prefix:argument`, or from `file.py:function`.

    Args:
        source: A built-in name, the name of an installed problem, one of a family such as
            `mulan:enb`, or `file.py:function`.
        data_dir: Handed to factories that take a parameter `data_dir`.
        asked: What is asked of it beside its name.

    Raises:
        InputError: There is no such problem, it is not made of what is asked, or making it failed.
    """
    factory = _factory(source, asked)
    try:
        arguments = arguments_for(factory, asked.set, source)
        if "data_dir" in inspect.signature(factory).parameters:
            arguments["data_dir"] = data_dir
        problem = factory(**arguments)
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"Making the problem {source} failed with {type(error).__name__}: "
            f"{_first_line(error)}; mend it, or set PARETOCLI_DEBUG=1 to see where."
        ) from error
    from paretocli.core.problem import Problem  # noqa: PLC0415 - brings torch

    if not isinstance(problem, Problem):
        raise InputError(
            f"{source} returned {type(problem).__name__}; it should return a "
            "paretocli.problems.Problem."
        )
    return problem


def source_checksum(source: str) -> dict[str, str]:
    """SHA-256 of the file of a `file.py:function`, whose code is part of the question asked."""
    path, colon, _ = source.rpartition(":")
    if not (colon and path.endswith(".py")):
        return {}
    return {"source": hashlib.sha256(Path(path).read_bytes()).hexdigest()}


def imported_checksums(source: str) -> dict[str, str]:
    """SHA-256 of the modules below the folder of a `file.py:function` that are imported by now.

    They are of somebody's own, as the file is; installed packages are not among them. By their
    paths from that folder.
    """
    path, colon, _ = source.rpartition(":")
    if not (colon and path.endswith(".py")):
        return {}
    own = Path(path).resolve()
    folder = own.parent
    found = {}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        # Most are elsewhere, and to follow links takes its time.
        if name == "__main__" or not file or folder.name not in file:
            continue
        place = Path(file).resolve()
        if place != own and place.is_relative_to(folder) and _is_own(place, folder):
            with suppress(OSError):
                digest = hashlib.sha256(place.read_bytes()).hexdigest()
                found[place.relative_to(folder).as_posix()] = digest
    return found


def _is_own(place: Path, folder: Path) -> bool:
    """Whether a module belongs to whoever wrote the problem, not to Python or to a package."""
    if place.suffix != ".py" or place.is_relative_to(PROGRAM):
        return False
    return not {"site-packages", "dist-packages", "lib"} & set(place.relative_to(folder).parts)


def _factory(source: str, asked: Asked) -> Callable[..., Any]:
    prefix, _, argument = source.partition(":")
    family = FAMILIES.get(prefix)
    _refuse_untaken(source, asked)
    if family:
        taken = {name: getattr(asked, name) for name in family.takes}
        return partial(_of_family(prefix, argument), argument, **taken)
    path, colon, function = source.rpartition(":")
    if colon and path.endswith(".py"):
        return _attribute(_module_at(Path(path)), function, source)
    if source.endswith(".py"):
        raise InputError(
            f"{source} names a file alone; name its function too, as in {source}:make."
        )
    points = installed()
    if source in points and source not in BUILT_IN:
        try:
            loaded: Callable[..., Any] = points[source].load()
        except Exception as error:
            raise InputError(
                f"Loading the installed problem {source} failed with {type(error).__name__}: "
                f"{_first_line(error)}; reinstall the package that offers it."
            ) from error
        return loaded
    if colon and source not in points:
        lookup(FAMILIES, prefix, "family of problems")
    built_in = lookup(BUILT_IN | dict.fromkeys(points.keys() - BUILT_IN), source, "problem")
    assert built_in is not None
    return _own_function(built_in.factory)


def _refuse_untaken(source: str, asked: Asked) -> None:
    """Refuse what was asked for and says nothing of this kind of problem."""
    for name in asked.given:
        if name not in taken_by(source):
            takers = [one for one, family in by_name().items() if name in family.takes]
            raise InputError(
                f"{declared()[name].flag} {SAYS[name]}, and {source} is made from none; leave it "
                f"out, or choose {' or '.join(takers or ['FILE.py:FUNCTION'])}."
            )


def _of_family(prefix: str, argument: str) -> Callable[..., Any]:
    family = FAMILIES[prefix]
    if not argument:
        raise InputError(
            f"{prefix} needs a {family.argument}: write {prefix}:{family.argument}, as in "
            f"{prefix}:{family.example}."
        )
    return _own_function(family.factory)


def _own_function(factory: str) -> Callable[..., Any]:
    """The function of this package that `module:function` names."""
    module, _, name = factory.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


def _module_at(path: Path) -> ModuleType:
    if not path.is_file():
        raise InputError(f"There is no file {path}; check the path of the problem.")
    spec = importlib.util.spec_from_file_location(f"paretocli_problem_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    # Workers get what the file defines, as they cannot import it by its name.
    cloudpickle.register_pickle_by_value(module)
    # As for a script: modules beside the file can be imported.
    sys.path.insert(0, str(path.parent.absolute()))
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise InputError(
            f"Loading {path} failed with {type(error).__name__}: {_first_line(error)}; mend it, or "
            "set PARETOCLI_DEBUG=1 to see where."
        ) from error
    return module


def _attribute(module: ModuleType, name: str, source: str) -> Callable[..., Any]:
    found: Callable[..., Any] | None = getattr(module, name, None)
    if not callable(found):
        offered = [
            key
            for key, value in vars(module).items()
            if inspect.isfunction(value) and value.__module__ == module.__name__
        ]
        raise InputError(
            f"{source} names no function; functions there are: {', '.join(offered) or 'none'}."
        )
    return found


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else "(no message)"

"""The problems by name, and how a user's own is found. Loads no torch until a problem is made."""

import hashlib
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import cloudpickle

from paretocli.errors import InputError
from paretocli.problems import cifar10_files, mnist_files, mulan_files, scene_files
from paretocli.registries import lookup

if TYPE_CHECKING:
    from paretocli.problems.problem import Problem

ENTRY_POINTS = "paretocli.problems"

# Whether a data set lies in a data directory
DATA_SETS: dict[str, Callable[[Path], bool]] = {
    "MNIST": mnist_files.is_there,
    "FashionMNIST": partial(mnist_files.is_there, name="FashionMNIST"),
    "CIFAR-10": cifar10_files.is_there,
    "NYUv2": lambda data_dir: scene_files.is_there(data_dir / "nyuv2"),
    "scenes": lambda data_dir: scene_files.is_there(data_dir / "scenes"),
}
# Those that are fetched when they are missing
DOWNLOADED = frozenset({"MNIST", "FashionMNIST", "CIFAR-10"})


@dataclass(frozen=True)
class BuiltIn:
    """What is known of a built-in problem without making it.

    Attributes:
        factory: `module:function` that makes it.
        summary: One line for the list of problems.
        tasks: Names of its tasks.
        sizes: Samples for training, validation and test, if it has data.
        data: The data sets that it needs in the data directory, by their names in `DATA_SETS`.
    """

    factory: str
    summary: str
    tasks: tuple[str, ...]
    sizes: tuple[int, int, int] | None = None
    data: tuple[str, ...] = ()


BUILT_IN: dict[str, BuiltIn] = {
    "multidigits": BuiltIn(
        "paretocli.problems.multidigits:make",
        "two 8 × 8 handwritten digits overlaid; the data comes with scikit-learn",
        ("left", "right"),
        (10_780, 1_800, 1_795),
    ),
    "multimnist": BuiltIn(
        "paretocli.problems.multimnist:make",
        "two MNIST digits overlaid",
        ("left", "right"),
        (50_000, 10_000, 10_000),
        data=("MNIST",),
    ),
    "multifashion": BuiltIn(
        "paretocli.problems.multifashion:make",
        "two Fashion-MNIST garments overlaid",
        ("left", "right"),
        (50_000, 10_000, 10_000),
        data=("FashionMNIST",),
    ),
    "fashionandmnist": BuiltIn(
        "paretocli.problems.fashionandmnist:make",
        "a Fashion-MNIST garment on the left, an MNIST digit on the right",
        ("garment", "digit"),
        (50_000, 10_000, 10_000),
        data=("FashionMNIST", "MNIST"),
    ),
    "cifar10mnist": BuiltIn(
        "paretocli.problems.cifar10mnist:make",
        "an MNIST digit, half transparent, on a CIFAR-10 image",
        ("object", "digit"),
        (40_000, 10_000, 10_000),
        data=("MNIST", "CIFAR-10"),
    ),
    "nyuv2": BuiltIn(
        "paretocli.problems.nyuv2:make",
        "indoor scenes: classes of pixels, depths and surface normals",
        ("segmentation", "depth", "normals"),
        (636, 159, 654),
        data=("NYUv2",),
    ),
    "scenes": BuiltIn(
        "paretocli.problems.nyuv2:make_scenes",
        "small scenes of one's own with the tasks of nyuv2; examples/make_scenes.py writes some",
        ("segmentation", "depth", "normals"),
        data=("scenes",),
    ),
    "vlmop2": BuiltIn(
        "paretocli.problems.analytic:make_vlmop2",
        "10 variables, concave front, known exactly",
        ("f1", "f2"),
    ),
    "zdt1": BuiltIn(
        "paretocli.problems.analytic:make_zdt1",
        "30 variables in a box, convex front, known exactly",
        ("f1", "f2"),
    ),
    "zdt2": BuiltIn(
        "paretocli.problems.analytic:make_zdt2",
        "30 variables in a box, concave front, known exactly",
        ("f1", "f2"),
    ),
    "dtlz2": BuiltIn(
        "paretocli.problems.analytic:make_dtlz2",
        "12 variables in a box, concave front, known exactly",
        ("f1", "f2", "f3"),
    ),
}


@dataclass(frozen=True)
class Family:
    """Problems made from tables, named `prefix:argument`.

    Attributes:
        factory: `module:function` that makes one of (argument, data_dir, targets).
        argument: What to write after the prefix.
        example: An argument.
        summary: One line for the list of problems.
        found: Names the arguments for which there is data in a data directory, if it lies there.
    """

    factory: str
    argument: str
    example: str
    summary: str
    found: Callable[[Path], list[str]] | None = None


FAMILIES: dict[str, Family] = {
    "mulan": Family(
        "paretocli.problems.mulan:make",
        "NAME",
        "enb",
        "several targets from mulan/NAME.arff in the data directory",
        mulan_files.found,
    ),
    "table": Family(
        "paretocli.problems.csv_table:make",
        "FILE.csv",
        "houses.csv",
        "several targets, named with --targets, from a CSV file of your own",
    ),
}


def installed() -> dict[str, EntryPoint]:
    """Problems that other packages offer through the entry-point group `paretocli.problems`."""
    return {point.name: point for point in entry_points(group=ENTRY_POINTS)}


def load_problem(source: str, data_dir: Path, targets: Sequence[str] = ()) -> "Problem":
    """Make a problem from a name, from `prefix:argument`, or from `file.py:function`.

    Args:
        source: A built-in name, the name of an installed problem, one of a family such as
            `mulan:enb`, or `file.py:function`.
        data_dir: Handed to factories that take a parameter `data_dir`.
        targets: Names of the columns to predict, for the families alone.

    Raises:
        InputError: There is no such problem, or making it failed.
    """
    factory = _factory(source, targets)
    try:
        takes_data = "data_dir" in inspect.signature(factory).parameters
        problem = factory(data_dir=data_dir) if takes_data else factory()
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"Making the problem {source} failed with {type(error).__name__}: "
            f"{_first_line(error)}; mend it, or set PARETOCLI_DEBUG=1 to see where."
        ) from error
    from paretocli.problems.problem import Problem  # noqa: PLC0415 - brings torch

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


def _factory(source: str, targets: Sequence[str]) -> Callable[..., Any]:
    prefix, _, argument = source.partition(":")
    if prefix in FAMILIES:
        return partial(_of_family(prefix, argument), argument, targets=targets)
    if targets:
        raise InputError(
            f"--targets names columns of a table, and {source} is made from none; leave it out, or "
            f"choose {' or '.join(family_names())}."
        )
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


def family_names() -> list[str]:
    """How the problems of each family are named, such as mulan:NAME."""
    return [f"{prefix}:{family.argument}" for prefix, family in FAMILIES.items()]


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

"""A sweep goes on in its directory with the division of work that it was begun with.

How many points train together and with how many threads changes results in their last digits, so
both are part of a sweep's identity. Where the user has not said them they follow from the machine,
and what follows is not the same everywhere, nor in all versions of this program. So with how often
the test split is measured, which the history shows. A sweep that was begun on a CPU stays there,
too, where a GPU has come since.
"""

import dataclasses
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from paretocli.errors import InputError
from paretocli.option import as_tuples
from paretocli.options.config import SweepConfig
from paretocli.options.declared import check_ranges
from paretocli.options.given import Options
from paretocli.planning.plan import default_jobs, shards
from paretocli.run_directory.rounds import Row
from paretocli.run_directory.sweep_file import read_sweep_file
from paretocli.solvers.registry import SOLVERS

FOLLOW_THE_MACHINE = ("threads", "stack")
OFTEN = "evaluate_every"


def as_begun(
    config: SweepConfig, said: Collection[str], others: str = ""
) -> tuple[SweepConfig, list[str]]:
    """The configuration with threads and stack of the directory that holds the same sweep.

    Args:
        config: The sweep; `out` is its directory.
        said: Names of the options that the user has set, which stay.
        others: A pattern of other directories beside `out` that may hold it, where the user has
            not named one: the names that are chosen depend on threads and stack too.

    Returns:
        The configuration, with the weights of the directory's points, to which further ones are to
        be added, and what to tell the user, if anything.
    """
    for path in _candidates(config.out, others):
        stored = _identity(path)
        if stored is None:
            continue
        free = [name for name in FOLLOW_THE_MACHINE if name not in said]
        if OFTEN not in said and stored.get(OFTEN) != config.evaluate_every:
            free.append(OFTEN)
        if _met_a_gpu(config, said, stored):
            free.append("device")
        differing = _differing(config, stored) - set(free)
        if differing == {"weights"} and path == config.out and _adds(config, said, stored):
            config = dataclasses.replace(config, weights=as_tuples(stored["weights"]))
        elif differing:
            continue
        found = {name: stored[name] for name in free}
        if path == config.out and not _differing(config, stored):
            break
        return _taken_over(config, said, path, found)
    return config, []


def _adds(config: SweepConfig, said: Collection[str], stored: Mapping[str, Any]) -> bool:
    """Whether weights add points to a sweep: they were named, or all of its own are among them."""
    if not SOLVERS[config.solver].takes_more:
        return False
    return {"weights", "weights_file"} & {*said} != set() or {*config.weights} >= {
        *as_tuples(stored["weights"])
    }


def further_weights(out: Path, asked: Sequence[Row]) -> tuple[Row, ...]:
    """Those weights that are none of a point of the sweep in a directory, each once."""
    known = {tuple(row) for row in read_sweep_file(out).weights}
    return tuple(dict.fromkeys(row for row in asked if row not in known))


def meant_in(options: Options) -> dict[str, Any]:
    """What the sweep in a directory means by options that came after it, and were not said now.

    A default may have changed since; the same command goes on with what was meant then.

    Args:
        options: What the user said; without a directory, nothing is known.
    """
    if "out" not in options:
        return {}
    with suppress(InputError, OSError):
        older = read_sweep_file(Path(str(options["out"]))).unnamed
        return {n: as_tuples(value) for n, value in older.items() if n not in options}
    return {}


def _met_a_gpu(config: SweepConfig, said: Collection[str], stored: Mapping[str, Any]) -> bool:
    """Whether the sweep was begun on a CPU and the device is a GPU because there happens to be one.

    The other way round there is no device to go on with.
    """
    return "device" not in said and config.device != stored.get("device") == "cpu"


def _candidates(out: Path, others: str) -> Iterator[Path]:
    yield out
    if others:
        yield from sorted(path for path in out.parent.glob(others) if path != out)


def _identity(path: Path) -> Mapping[str, Any] | None:
    """The identity of the sweep in a directory, None where there is none that can be read."""
    with suppress(InputError, OSError):
        found = read_sweep_file(path).config
        check_ranges({name: _whole(found.get(name)) for name in FOLLOW_THE_MACHINE})
        return found
    return None


def _whole(value: Any) -> int:
    """A number of threads or points as a file holds it; 0, which is refused, for what is none."""
    return value if type(value) is int else 0


def _differing(config: SweepConfig, stored: Mapping[str, Any]) -> set[str]:
    identity = config.of_kind("identity")
    differing = {name for name in identity if stored.get(name) != identity[name]}
    return differing | (stored.keys() - identity.keys())  # such as a newer version's


def _taken_over(
    config: SweepConfig, said: Collection[str], path: Path, found: dict[str, Any]
) -> tuple[SweepConfig, list[str]]:
    begun = dataclasses.replace(config, out=path, **found)
    if "jobs" not in said:
        count = len(shards(range(len(begun.weights)), begun.stack))
        jobs = default_jobs(count, begun.threads, torch.device(begun.device), begun.devices)
        begun = dataclasses.replace(begun, jobs=jobs)
    *first, last = (f"--{name.replace('_', '-')} {value}" for name, value in found.items())
    values = f"{', '.join(first)} and {last}" if first else last
    return begun, [f"This sweep goes on in {path} with {values}, as it was begun there."]

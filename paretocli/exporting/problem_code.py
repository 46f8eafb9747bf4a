"""Which problem a run directory means, and whether its code may run.

A directory may come from anybody, and a problem of somebody's own is code. It runs where the user
named it, or agreed; what is built in or installed runs without a question.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from paretocli.errors import InputError
from paretocli.problems.loading import source_checksum
from paretocli.problems.made_in_python import is_made_in_python
from paretocli.run_directory.sweep_file import SweepFile

Consent = Callable[[str], bool]


def chosen_problem(sweep: SweepFile, given: str | None, consent: Consent) -> str:
    """The name of a sweep's problem, whose code may run.

    Args:
        sweep: The sweep.
        given: What the user named, None where nothing was.
        consent: Whether code in a file that the run directory names may run.

    Raises:
        InputError: The file is not there, is another one than it was, or may not run.
    """
    source = sweep.config["problem"]
    if is_made_in_python(source):
        if given is None:
            raise InputError(
                f"The problem of {sweep.path} was made in Python; name a function that makes it "
                "with --problem FILE.py:FUNCTION, or give it to paretocli.load_run."
            )
        return given
    if given is not None:
        return _as_before(sweep, source, given)
    found = problem_from_here(source, sweep.path, sweep.checksums)
    if source_checksum(found) and not consent(found.rpartition(":")[0]):
        raise InputError(
            f"The problem of {sweep.path} is code in a file, which was not run; name it with "
            f"--problem {found} if you trust it."
        )
    return found


def problem_from_here(source: str, path: Path, checksums: Mapping[str, str]) -> str:
    """The name of a problem, with the path of its file as it leads there from here.

    A path that was given relative to another folder is looked for above the run directory.

    Args:
        source: The name as it was given.
        path: The run directory.
        checksums: Of the sweep.

    Raises:
        InputError: The file is not there, or its code is another one.
    """
    parts = re.fullmatch(r"(table:|images:)(.+)()|()(.+\.py)(:[^:]*)", source)
    if parts is None:
        return source
    before, file, after = (part for part in parts.groups() if part is not None)
    places = [folder / file for folder in (Path(), *path.resolve().parents)]
    there = [f"{before}{place}{after}" for place in places if _is_there(place, before)]
    if not there:
        what = "folder" if before == "images:" else "file"
        raise InputError(
            f"The {what} {file} of the problem of {path} is neither here nor above the run "
            f"directory; name it with --problem {before}PATH{after}."
        )
    for name in there:
        if _is_unchanged(name, checksums):
            return name
    raise InputError(
        f"The code in {file} is another one than {path} was made with; bring it back as it was, or "
        "make the sweep again in another directory."
    )


def _is_there(place: Path, prefix: str) -> bool:
    """Whether what a problem is made of lies there."""
    return place.is_dir() if prefix == "images:" else place.is_file()


def _as_before(sweep: SweepFile, source: str, given: str) -> str:
    """What the user named, which is what the sweep was made of."""
    if _kind(given) != _kind(source):
        raise InputError(
            f"--problem {given} is another problem than that of {sweep.path}, {source}; name that "
            "one, wherever its file is now."
        )
    file = Path(given.rpartition(":")[0])
    if file.suffix == ".py" and not file.is_file():
        raise InputError(f"There is no file {file}; check the path of the problem.")
    if not _is_unchanged(given, sweep.checksums):
        raise InputError(
            f"The code in {given} is another one than {sweep.path} was made with; bring it back as "
            "it was, or make the sweep again in another directory."
        )
    return given


def _kind(source: str) -> str:
    """A problem's name without the path of its file."""
    return re.sub(r"^(table:|images:).+|^.+\.py(:[^:]*)$", r"\1\2", source)


def _is_unchanged(source: str, checksums: Mapping[str, str]) -> bool:
    """Whether the code of a problem, if it is a file, is what a sweep was made with."""
    return all(checksums.get(part) == now for part, now in source_checksum(source).items())

"""`paretocli problems`: what there is to sweep."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from paretocli.cli.options.signature import with_options
from paretocli.printing import say

if TYPE_CHECKING:
    from paretocli.problems.catalogue import Family


@with_options("data_dir")
def problems(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
    **given: Any,
) -> None:
    """List the problems: their tasks, their sizes, and whether their data is there.

    A problem of your own needs no entry here: name it as file.py:function, table:FILE.csv or
    images:FOLDER.
    """
    from paretocli.directories import default_data_dir
    from paretocli.problems.catalogue import BUILT_IN, FAMILIES, installed

    folder = given["data_dir"] or default_data_dir()
    rows = [
        {
            "name": name,
            "tasks": list(entry.tasks),
            "samples": list(entry.sizes) if entry.sizes else None,
            "data": _availability(entry.data, folder),
            "summary": entry.summary,
        }
        for name, entry in BUILT_IN.items()
    ]
    rows += [_family_row(prefix, family, folder) for prefix, family in FAMILIES.items()]
    for name in sorted(set(installed()) - set(BUILT_IN)):
        rows.append(_installed_row(name, folder))
    if as_json:
        say(json.dumps(rows, indent=2))
    else:
        _print(rows, folder)


def _availability(data: tuple[str, ...], folder: Path) -> str:
    from paretocli.problems.catalogue import DATA_SETS, DOWNLOADED

    if not data:
        return "built in"
    missing = [name for name in data if not DATA_SETS[name](folder)]
    if not missing:
        return "there"
    state = "to be downloaded" if DOWNLOADED.issuperset(missing) else "missing"
    return f"{' and '.join(missing)} {state}"


def _family_row(prefix: str, family: "Family", folder: Path) -> dict[str, Any]:
    there = family.found(folder) if family.found else None
    data = "yours" if there is None else f"there: {', '.join(there)}" if there else "none there"
    return {
        "name": f"{prefix}:{family.argument}",
        "tasks": [],
        "samples": None,
        "data": data,
        "summary": family.summary,
    }


def _installed_row(name: str, folder: Path) -> dict[str, Any]:
    from paretocli.errors import InputError
    from paretocli.problems.loading import load_problem

    try:
        problem = load_problem(name, folder)
    except InputError as error:
        return {"name": name, "tasks": [], "samples": None, "data": "", "summary": str(error)}
    return {
        "name": name,
        "tasks": list(problem.objectives),
        "samples": [len(samples) for samples in problem.splits().values()],
        "data": "there",
        "summary": "from an installed package",
    }


def _print(rows: list[dict[str, Any]], folder: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    from paretocli.cli.tables import as_text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for header in ("problem", "tasks", "train / val / test", "data"):
        table.add_column(header, no_wrap=True)
    table.add_column("what it is")
    for row in rows:
        sizes = " / ".join(f"{size:,}" for size in row["samples"] or ()) or "–"
        table.add_row(row["name"], ", ".join(row["tasks"]), sizes, row["data"], row["summary"])
    if sys.stdout.isatty():
        Console().print(table)
    else:
        say(as_text(table))
    say(f"\nData directory: {folder}", err=True)

"""`paretocli verify`: whether an exported folder is as it was written."""

from pathlib import Path
from typing import Annotated

import typer

from paretocli.cli.options.output import AsJson
from paretocli.printing import say

Folder = Annotated[
    Path, typer.Argument(metavar="FOLDER", help="What export wrote.", show_default=False)
]
Digest = Annotated[
    str,
    typer.Option(
        metavar="HEX",
        help="The digest that export said: with it, checksums that somebody made anew are found.",
        show_default=False,
    ),
]


def verify(path: Folder, *, digest: Digest = "", as_json: AsJson = False) -> int:
    """Look whether an exported folder is as it was written, and its network gives what it gave.

    All files are compared with their checksums: what changed, is missing or was
    added is listed. Then each form of the network is run on the samples that
    are stored, which runs the Python module of the folder; what is not as it
    was written is not run. The folder's own verify.py does the same without
    this program.

    Exit code 0 where all is as it was written, 1 where it is not.

    Examples:
      paretocli verify small
    """
    import json
    from dataclasses import asdict

    from paretocli.exporting.runtimes.converting import unheard
    from paretocli.exporting.verifying.verify import report_of
    from paretocli.library.verifying import verify as verified

    with unheard():  # what runtimes say when they are imported
        found = verified(path, digest=digest)
    say(json.dumps({**asdict(found), "ok": found.ok}, indent=2) if as_json else report_of(found))
    return 0 if found.ok else 1

"""Verifying an exported folder."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paretocli.errors import InputError

if TYPE_CHECKING:
    from paretocli.exporting.verifying.verify import Verified


def verify(folder: str | Path, digest: str = "") -> "Verified":
    """Look whether an exported folder is as it was written, and its network gives what it gave.

        found = paretocli.verify("small")
        assert found.ok, found.deviations

    The Python module of the folder is run, if it is as it was written.

    Args:
        folder: What `export` wrote.
        digest: That it said (`Exported.digest`): with it, checksums that somebody made anew are
            found.

    Raises:
        InputError: There is no such folder, it was not exported or by an older version, or the
            digest is none.
    """
    from paretocli.exporting.formats import FORMATS
    from paretocli.exporting.verifying.verified_files import NoExportError
    from paretocli.exporting.verifying.verified_outputs import RUNNERS
    from paretocli.exporting.verifying.verify import verify_folder

    # Those of other packages; the script of the folder knows the others by their endings.
    runners = {
        form.files[0]: partial(_run, form)
        for form in FORMATS.sound.values()
        if Path(form.files[0]).suffix not in RUNNERS and not (form.not_run and form.not_run())
    }
    try:
        return verify_folder(Path(folder), digest, runners)
    except NoExportError as error:
        raise InputError(str(error)) from None


def _run(form: Any, path: Path, inputs: Sequence[Any]) -> Sequence[Any]:
    """What the file of a format gives, as arrays."""
    from paretocli.compaction.quiet import quiet
    from paretocli.exporting.verifying.verified_outputs import run_torch

    with quiet():
        return run_torch(form.read(path.parent), inputs)

"""The configuration of a sweep that is there, as its run directory says it."""

from collections.abc import Mapping
from typing import Any

from paretocli.errors import InputError
from paretocli.options.config import SweepConfig
from paretocli.run_directory.sweep_file import SweepFile


def stored_config(sweep: SweepFile, runtime: Mapping[str, Any]) -> SweepConfig:
    """What further points of a sweep are trained with.

    Args:
        sweep: What its run directory says.
        runtime: Settings that change no results, by name; those left out are as they were.

    Raises:
        InputError: It is too old to say all of what it is.
    """
    # Where it ran and who watched says nothing of where it goes on.
    kept: dict[str, Any] = {"sparsity_shares": (), "grouped_rows": ()}
    kept |= {name: value for name, value in sweep.runtime.items() if name not in ("cluster", "log")}
    try:
        return SweepConfig.from_stored({**sweep.config, **kept, "out": str(sweep.path), **runtime})
    except KeyError as error:
        raise InputError(
            f"{sweep.path} was begun with a version of the program that did not yet say its "
            f"{str(error.args[0]).replace('_', '-')}; add points with the sweep's own command and "
            "--weights."
        ) from None

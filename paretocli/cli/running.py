"""What `train` and `sweep` do with their options."""

import gc
import json
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

from paretocli.cli.report import dry_run_report, hint, sweep_report, sweep_summary
from paretocli.errors import RunError
from paretocli.execution.nursery import nursery
from paretocli.library.running import carry_out, failure_of
from paretocli.options.file import with_file
from paretocli.printing import say
from paretocli.sweeping.resolve import resolve
from paretocli.sweeping.store import RunDirectory


def run_command(given: Mapping[str, Any], *, single: bool) -> None:
    """Carry out `train` (a single point) or `sweep`.

    Raises:
        InputError: An option is wrong; nothing was written.
        RunError: A point failed; the others are there.
    """
    # What was imported stays to the end: unless it is set aside, every collection looks through all
    # of torch, and the one at the end takes seconds. Nothing of the user's is there yet.
    gc.freeze()
    # A single point has no workers.
    with nullcontext() if single else nursery():
        _run(given, single=single)


def _run(given: Mapping[str, Any], *, single: bool) -> None:
    quiet = given["quiet"]
    resolved = resolve(with_file(given, given["config"], single=single), single=single)
    config = resolved.config
    for note in resolved.notes:
        hint(note, quiet=quiet)
    directory = RunDirectory(config.out)
    if given["dry_run"]:
        directory.check(config.of_kind("identity"), resolved.checksums)
        say(dry_run_report(resolved, as_json=given["as_json"]))
        return
    records = carry_out(resolved, quiet=quiet, retry_failed=given["retry_failed"])
    if given["as_json"]:
        say(json.dumps(sweep_summary(config, directory, records), indent=2))
    elif quiet:
        say(directory.results_file)
    else:
        say(sweep_report(config, resolved.problem, directory, records))
    if failure := failure_of(records, config):
        raise RunError(failure)

"""Working out a sweep's baselines at its end, and keeping them in its run directory."""

from collections.abc import Callable, Sequence

from threadpoolctl import threadpool_limits

from paretocli.printable import one_line
from paretocli.run_directory.baselines import BASELINES, RECIPE, read_baselines
from paretocli.run_directory.files import DamagedError
from paretocli.run_directory.point_record import PointRecord
from paretocli.sweeping.resolve import Resolved
from paretocli.sweeping.store import RunDirectory


def keep_baselines(
    resolved: Resolved,
    directory: RunDirectory,
    records: Sequence[PointRecord],
    note: Callable[[str], None],
) -> None:
    """Work out the baselines of a sweep, unless they are there; whatever fails is but said.

    Args:
        resolved: The sweep, whose points are solved.
        directory: Where it is.
        records: Of all points.
        note: Is told what went wrong.
    """
    config = resolved.config
    if not config.baselines or all(record["status"] == "failed" for record in records):
        return
    try:
        sweep = directory.sweep()
        try:
            if read_baselines(sweep.path, sweep.checksums) is not None:
                return
        except DamagedError:
            pass  # it is written anew
        # Only now, for it brings models that most of a sweep has no use for.
        from paretocli.baselines.learned import baselines_of

        with threadpool_limits(config.threads * config.jobs):
            found = baselines_of(resolved.problem)
        for text in found.notes:
            note(text)
        if found.baselines or found.notes:
            content = {
                "recipe": RECIPE,
                "data": sweep.checksums,
                "baselines": found.baselines,
                "notes": found.notes,
            }
            directory.write_note(BASELINES, content)
    except Exception as error:  # whatever a problem of somebody's own raises
        reason = one_line(str(error).strip().partition("\n")[0]).removesuffix(".")
        note(f"No baselines were worked out: {type(error).__name__} ({reason}).")

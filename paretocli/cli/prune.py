"""`paretocli prune`: magnitude pruning as the baseline of a sparse sweep."""

from pathlib import Path
from typing import Annotated, Any

import typer

from paretocli.cli.options.output import AsJson, DryRun, Quiet, RetryFailed
from paretocli.cli.options.problem_file import ProblemFile, may_run
from paretocli.cli.options.signature import with_options
from paretocli.printing import say

SPLIT = "test"  # that networks are shown on

Where = Annotated[
    Path,
    typer.Argument(
        metavar="DIR", help="The run directory of a sweep with sparsity.", show_default=False
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="The run directory of the baseline.",
        show_default="that of the sweep with -pruned after it",
    ),
]
Source = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="NAME",
        help="Prune each network from the dense one (dense), or from the next larger one, which "
        "was retrained (larger).",
        show_default="dense",
    ),
]


@with_options("jobs", "workers", "cluster", "data_dir", "checkpoint_every", "log", after="source")
def prune(
    path: Where,
    *,
    out: Out = None,
    source: Source = None,
    problem: ProblemFile = None,
    retry_failed: RetryFailed = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    dry_run: DryRun = False,
    **given: Any,
) -> None:
    """Prune dense networks to the sizes of a sparse sweep, to compare it.

    Magnitude pruning is what most people would do in place of a sweep with
    sparsity. A network is trained for the tasks alone, with the weights that
    the tasks have in the sweep. For each point of it that has zero rows, the
    smallest rows of that network become zero until what export writes has no
    more parameters than the point, and what is left is trained again for as
    many epochs as the point was. The same rows count and belong together as in
    the sweep.
    The baseline has a directory of its own, which is read like any other. The
    same command goes on where it was stopped, and with what the sweep has more
    by then.

    Examples:
      paretocli prune runs/multimnist

      paretocli compare runs/multimnist runs/multimnist-pruned

      paretocli plot-front runs/multimnist runs/multimnist-pruned --against size
    """
    import json

    from paretocli.cli.prune_report import pairs_as_json, pairs_text, plan_text
    from paretocli.cli.report import hint, sweep_summary
    from paretocli.directories import default_data_dir
    from paretocli.errors import RunError
    from paretocli.execution.nursery import nursery
    from paretocli.front.partners import read_pairs
    from paretocli.library.pruning import baseline_of, gradually_from
    from paretocli.library.pruning import prune as carry_out
    from paretocli.library.running import failure_of
    from paretocli.sweeping.store import RunDirectory

    gradually = gradually_from(source, "--from")
    runtime = {name: value for name, value in given.items() if value is not None}
    runtime["data_dir"] = Path(runtime.get("data_dir") or default_data_dir()).absolute()
    with nursery():
        baseline = baseline_of(
            path,
            problem,
            lambda file: may_run(path, file),
            runtime,
            out=out,
            gradually=gradually,
        )
        config, directory = baseline.resolved.config, RunDirectory(baseline.resolved.config.out)
        if dry_run:
            directory.check(config.of_kind("identity"), baseline.resolved.checksums)
            for note in baseline.resolved.notes:
                hint(note, quiet=quiet)
            say(plan_text(baseline, as_json=as_json))
            return
        records = carry_out(baseline, quiet=quiet, retry_failed=retry_failed)
        pairs = read_pairs(path, config.out, SPLIT)
        if as_json:
            summary = sweep_summary(config, directory, records)
            say(json.dumps({**summary, "pairs": pairs_as_json(pairs)}, indent=2))
        elif quiet:
            say(directory.results_file)
        else:
            if pairs is not None:
                say("\n".join([*pairs_text(pairs, SPLIT), ""]))
            say(f"Results: {directory.results_file}")
            if directory.picture_file.exists():
                say(f"Picture: {directory.picture_file}")
        if failure := failure_of(records, config):
            raise RunError(failure)

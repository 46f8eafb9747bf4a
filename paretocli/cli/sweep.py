"""`paretocli sweep`: a whole front."""

from typing import Any

import typer

from paretocli.cli.options.output import AsJson, ConfigFile, DryRun, Quiet, RetryFailed
from paretocli.cli.options.signature import ProblemName, with_options


@with_options()
def sweep(
    ctx: typer.Context,
    problem: ProblemName = None,
    *,
    config: ConfigFile = None,
    retry_failed: RetryFailed = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    dry_run: DryRun = False,
    **given: Any,
) -> None:
    """Train a network for each point of a grid of weights and collect the front.

    Without a problem, two overlaid handwritten digits are told apart by networks
    that are made small (multidigits --network hps --placement adaptive); nothing
    is downloaded.
    The same command on the same directory goes on where it stopped.

    Examples:
      paretocli sweep

      paretocli sweep vlmop2 --points 21 --solver linear

      paretocli sweep multidigits --transfer split

      paretocli sweep table:houses.csv --targets price,rent

      paretocli sweep images:photos --labels labels.csv

      paretocli sweep multimnist --network mdmtn --weights 0.2,0.8 --weights 0.8,0.2
    """
    from paretocli.cli.running import run_command

    run_command(ctx.params, single=False)

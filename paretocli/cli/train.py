"""`paretocli train`: one point."""

from typing import Any

import typer

from paretocli.cli.options.output import AsJson, ConfigFile, DryRun, Quiet, RetryFailed
from paretocli.cli.options.signature import ProblemName, with_options


@with_options(single=True)
def train(
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
    """Train one network for one choice of weights.

    Examples:
      paretocli train multimnist --network mdmtn

      paretocli train zdt2 --weights 0.3,0.7 --json
    """
    from paretocli.cli.running import run_command

    run_command(ctx.params, single=True)

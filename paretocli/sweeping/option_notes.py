"""What to tell a user of options that do less than they seem to, where the help cannot say it."""

from torch import nn

from paretocli.core.problem import Problem
from paretocli.options.config import SweepConfig
from paretocli.population.transfer import TRANSFERS
from paretocli.problems.readers import is_read
from paretocli.sweeping.manifold import note_on_ends


def notes_on_options(config: SweepConfig, problem: Problem, network: nn.Module) -> list[str]:
    """Sentences for the user.

    Args:
        config: The sweep.
        problem: Its problem.
        network: Its network.
    """
    found = note_on_ends(config, problem, network)
    if config.warm != "none" and TRANSFERS[config.transfer].joins:
        found.append(
            f"--transfer {config.transfer} joins the points of the first round alone; those that "
            "start from others do not learn from each other."
        )
    if config.workers and not is_read(problem):
        found.append("No effect on data in memory, or read in a way of its own: --workers.")
    return found

"""The line of a plan on when the test split is measured."""

from paretocli.core.problem import Problem
from paretocli.options.config import SweepConfig
from paretocli.training.shown import share_of_epoch


def test_text(config: SweepConfig, problem: Problem) -> dict[str, str]:
    """A line on when the test split is measured, and what that takes."""
    every = config.evaluate_every
    epochs = "every epoch" if every == 1 else f"every {every} epochs and the last"
    when = f"after {epochs}" if every else "after the last epoch alone"
    share = share_of_epoch(problem, config.batch_size)
    return {"test": f"measured {when}; each time takes about {_percent(share)} of an epoch"}


def _percent(share: float) -> str:
    """With one digit below 10 %, where the default is decided."""
    return f"{share:.1%}" if share < 0.1 else f"{share:.0%}"

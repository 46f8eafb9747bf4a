"""The lines of a plan on its points, and on when the test split is measured."""

from paretocli.core.problem import Problem
from paretocli.options.config import SweepConfig
from paretocli.planning.plan import shards
from paretocli.planning.rounds import added_epochs, first_round, path_rounds
from paretocli.run_directory.rounds import Round
from paretocli.sweeping.resolve import Resolved
from paretocli.training.shown import share_of_epoch


def known_rounds(config: SweepConfig) -> tuple[Round, ...]:
    """The rounds that a sweep has whatever comes of them."""
    later = path_rounds(config) if config.warm == "path" else ()
    return (first_round(config, later), *later)


def points_text(resolved: Resolved) -> str:
    """How many points there are, which train together, and which may come."""
    config, growth = resolved.config, resolved.growth
    first, *later = known_rounds(config)
    epochs = " + ".join(str(number) for number in added_epochs(config) if number)
    text = _together_text(len(first.points), config.stack)
    if later:
        many, rounds = sum(len(one.points) for one in later), len(later)
        text = (
            f"{len(config.weights)}: {len(first.points)} from scratch, and {many} that "
            f"{'starts' if many == 1 else 'start'} from another, for {epochs} epochs each, in "
            f"{rounds} round{'s' if rounds > 1 else ''}"
        )
    warm = "" if config.warm == "none" else f", for {epochs} epochs each"
    if resolved.added:
        text += f"; and {len(resolved.added)} with the weights that are added{warm}"
    if growth is not None:
        text += f"; then more as it goes on{warm}, up to {growth.most(config)} in all"
    if resolved.wishes:
        wish = " and ".join(resolved.wishes)
        text += f"; where none has {wish}, one for that, corrected twice at most"
    return text


def _together_text(points: int, stack: int) -> str:
    if points == 1:
        return "1"
    count = len(shards(range(points), stack))
    if count == 1:
        return f"{points}, all together"
    return f"{points}, in {count} shards of up to {stack}" if stack > 1 else f"{points}, each alone"


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

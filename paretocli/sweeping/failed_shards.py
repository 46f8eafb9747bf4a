"""Shards that could not be solved, as one sentence."""

from collections.abc import Mapping, Sequence

from paretocli.errors import RunError
from paretocli.execution.executor import Ended
from paretocli.planning.plan import Shard


def failure_of_shards(
    errors: Mapping[str, Ended], plan: Sequence[Shard], *, stacked: bool
) -> RunError:
    """The failed shards as one error, the same however many workers there were.

    Args:
        errors: How shards ended, by their names.
        plan: All shards that there were to solve.
        stacked: Whether points are in one shard for no other reason than to be faster.
    """
    shard = next(shard for shard in plan if shard.name in errors)
    first = errors[shard.name]
    advice = "what was finished is kept, and the same command tries the rest again"
    if stacked and len(shard.points) > 1:
        advice += "; --stack 1, in another --out, tries each of its points apart"
    if "OutOfMemoryError" in first.error:
        advice += "; --micro-batch, in another --out, takes less memory"
    if "AcceleratorError" in first.error:  # which says little of what it was
        advice += "; --device cpu, in another --out, may tell what it was"
    if first.trace:
        advice += ". Set PARETOCLI_DEBUG=1 to see where it happened"
    failure = RunError(
        f"{len(errors)} of {len(plan)} shards failed ({shard.name}: {first.error}); {advice}."
    )
    if first.trace:  # shown with this exception's own, where that is shown
        failure.add_note(first.trace)
    return failure

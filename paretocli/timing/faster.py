"""How many times faster one thing is than another, and whether that is more than noise."""

from collections.abc import Sequence

SLOWER, ALIKE = "slower", "within noise"


def times_faster(
    before: float, after: float, before_halves: Sequence[float], after_halves: Sequence[float]
) -> tuple[float, str]:
    """What was gained in time.

    Args:
        before: Median time.
        after: That of what takes its place.
        before_halves: Medians of the first half of the calls and of the second.
        after_halves: The same.

    Returns:
        before / after; and a word on it: `slower` where that is below 1, `within noise` where the
        halves do not agree on it, nothing where it is faster.
    """
    found = [one / other for one, other in zip(before_halves, after_halves, strict=True)]
    if min(found) <= 1 <= max(found):
        return before / after, ALIKE
    return before / after, SLOWER if before < after else ""

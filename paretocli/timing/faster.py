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
        before / after; and a word on it: `slower` where that is below 1, nothing where it is above,
        but `within noise` where the halves do not agree on it, or the halves of one of them differ
        by as much as the two.
    """
    found = [one / other for one, other in zip(before_halves, after_halves, strict=True)]
    spread = max(max(halves) - min(halves) for halves in (before_halves, after_halves))
    if min(found) <= 1 <= max(found) or abs(before - after) <= spread:
        return before / after, ALIKE
    return before / after, SLOWER if before < after else ""

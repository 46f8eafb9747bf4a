"""With how many threads something was timed, and where they were kept, in words."""

from collections.abc import Sequence


def threads_text(threads: int, processors: Sequence[int]) -> str:
    """As in "2 threads kept on processors 0 and 1".

    Args:
        threads: How many.
        processors: The numbers of those that they were kept on, none where they were not.
    """
    words = f"{threads} thread{'s' if threads > 1 else ''}"
    if not processors:
        return f"{words} not kept on any processor"
    *first, last = map(str, processors)
    numbers = f"{', '.join(first)} and {last}" if first else last
    return f"{words} kept on processor{'s' if first else ''} {numbers}"

"""Numbers as text."""

import math


def format_range(low: float, high: float) -> tuple[str, str]:
    """Print both ends of a range with as many digits as it takes to tell them apart."""
    span, size = high - low, max(abs(low), abs(high))
    if span == 0:
        return f"{low:.4g}", f"{high:.4g}"
    decimals = max(0, 3 - math.floor(math.log10(span)))
    if size >= 1e6 or size < 1e-3:
        digits = min(max(2, math.ceil(math.log10(size / span)) + 2), 15)
        return f"{low:.{digits}e}", f"{high:.{digits}e}"
    return f"{low:.{min(decimals, 15)}f}", f"{high:.{min(decimals, 15)}f}"

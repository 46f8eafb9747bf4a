"""Numbers as text, and numbers worth printing."""

import math

from matplotlib.ticker import MaxNLocator

_ROUND = ((1, 2, 5), (1, 3), (1,))


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


def format_size(value: float) -> str:
    """Print a number in thousands, millions, …: 30k, 1.5M."""
    for power, unit in ((9, "G"), (6, "M"), (3, "k")):
        if abs(value) >= 10.0**power:
            return f"{value / 10.0**power:.7g}{unit}"
    return f"{value:.7g}"


def log_places(low: float, high: float) -> list[float]:
    """Choose 3 to 6 round numbers for a logarithmic axis from `low` to `high`.

    These are 1, 2 and 5 times the powers of ten, or fewer where the axis spans many of them; within
    a range that holds less than 3 such numbers, they are evenly spaced.

    Args:
        low: the lower end, above 0.
        high: the upper end, above `low`.
    """
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in _ROUND:
        round_numbers = [float(f"{digit}e{power}") for power in powers for digit in digits]
        places = [place for place in round_numbers if low <= place <= high]
        if len(places) < 3:
            break
        if len(places) <= 6:
            return places
    else:
        return places[:: math.ceil(len(places) / 6)]
    for bins in range(4, 9):
        even = MaxNLocator(nbins=bins, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
        places = [float(place) for place in even if low <= place <= high]
        if len(places) >= 3:
            break
    return places

"""Which layers are given back to more bits, so that no task loses more than it may."""

from collections.abc import Callable, Collection, Sequence


def most_sensitive_first(
    layers: Sequence[str], error: Callable[[Collection[str]], float]
) -> list[str]:
    """Layers by how far the outputs are off where the layer alone is stored in fewer bits.

    Args:
        layers: All.
        error: That of the outputs where these layers have more bits.
    """
    alone = {layer: error({*layers} - {layer}) for layer in layers}
    return sorted(layers, key=lambda layer: -alone[layer])


def fewest_given_back(order: Sequence[str], holds: Callable[[Collection[str]], bool]) -> int | None:
    """How many of the first layers have to have more bits; None if all but one do not do.

    Found by halving, for each try is a pass over the validation data: fewer may do where giving
    back one more layer makes it worse.

    Args:
        order: The layers, in the order in which they are given back.
        holds: Whether all is well where these have.
    """
    low, high = 0, len(order) - 1  # with the first it does not hold, with the second perhaps
    if high < 1 or not holds(order[:high]):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if holds(order[:middle]):
            high = middle
        else:
            low = middle
    return high

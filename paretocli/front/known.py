"""The true front of a sweep's problem, where it is known."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from paretocli.core.known_front import KnownFront
from paretocli.front.box import Box
from paretocli.problems.known_fronts import KNOWN_FRONTS

Array = npt.NDArray[np.float64]

POINTS = 10_000
"""By which a true front is measured."""


def known_front(config: Mapping[str, Any]) -> KnownFront | None:
    """That of a built-in problem, if all its objectives, and no others, are the sweep's."""
    found = KNOWN_FRONTS.get(config["problem"])
    if found is None or len(config["objectives"]) != len(found.ideal):
        return None
    return found


def largest_share(front: KnownFront, box: Box) -> float | None:
    """The share of a box that the whole front dominates; None unless it is the front's own box."""
    corners = (box.ideal, front.ideal), (box.reference_point, front.reference_point)
    if not all(np.allclose(one, other, rtol=1e-6, atol=1e-9) for one, other in corners):
        return None
    return front.hypervolume / float(np.prod(box.reference_point - box.ideal))

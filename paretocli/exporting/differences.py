"""Whether what was written gives the outputs that it should."""

from paretocli.errors import RunError
from paretocli.exporting.measure import Outputs

TOLERANCE = 1e-5
"""Of an output, relative to the largest of its numbers where that is above 1."""


def refuse_difference(outputs: Outputs) -> None:
    """Refuse a small network whose outputs are others than those of the large one.

    Raises:
        RunError: Some are.
    """
    for name, gaps in outputs.difference.items():
        for output, gap in gaps.items():
            allowed = TOLERANCE * max(1.0, outputs.largest[output])
            if not gap <= allowed:  # not a number is none either
                raise RunError(
                    f"The {name} made of the small network gives outputs of task {output} that "
                    f"differ by {gap:.2g}, more than {allowed:.2g}; nothing was written. This is a "
                    "fault of the program: please report it with the network."
                )

"""Whether what was written gives the outputs that it should."""

from paretocli.errors import RunError
from paretocli.exporting.formats import EXACT, FORMATS
from paretocli.exporting.measure import Outputs


def refuse_difference(outputs: Outputs) -> None:
    """Refuse a small network whose outputs are others than those of the large one.

    Raises:
        RunError: Some are.
    """
    for name, gaps in outputs.difference.items():
        for output, gap in gaps.items():
            tolerance = FORMATS[name].tolerance if name in FORMATS else EXACT
            allowed = tolerance * max(1.0, outputs.largest[output])
            if not gap <= allowed:  # not a number is none either
                raise RunError(
                    f"The {name} made of the small network gives outputs of task {output} that "
                    f"differ by {gap:.2g}, more than {allowed:.2g}; nothing was written. Please "
                    "report it with the network."
                )

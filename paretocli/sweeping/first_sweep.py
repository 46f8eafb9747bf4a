"""What `paretocli sweep` sweeps where nobody says what: a front that shows what it is for."""

from paretocli.options.given import Options
from paretocli.options.training import DEFAULT_PROBLEM
from paretocli.options.weights import WEIGHT_OPTIONS

NETWORK = "hps"  # wide enough to be made small
POINTS = 8  # of nine, one would train alone on two processors, while the other waits

# Who says one of these has something else in mind than to watch a front grow.
_OTHERWISE = (*WEIGHT_OPTIONS, "placement", "fix", "solver", "transfer", "sparsity")


def first_sweep(options: Options) -> tuple[Options, str]:
    """Options with what stands in for the problem, and a sentence that says so.

    Args:
        options: What the user said, without a problem.
    """
    chosen: Options = {"problem": DEFAULT_PROBLEM}
    words = DEFAULT_PROBLEM
    if "network" not in options:
        chosen["network"] = NETWORK
        words += f" --network {NETWORK}"
    if not any(name in options for name in (*_OTHERWISE, "freeze_sparsity")):
        chosen |= {"placement": "adaptive", "points": POINTS}
        words += f" --placement adaptive --points {POINTS}"
        if "stack" not in options:  # rounds are small: its points keep more processors busy apart
            chosen["stack"] = 1
            words += " --stack 1"
    return {**chosen, **options}, f"This is paretocli sweep {words}."

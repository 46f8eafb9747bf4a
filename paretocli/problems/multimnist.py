"""`multimnist`: two MNIST digits overlaid, the standard problem of multi-task learning."""

from pathlib import Path

from paretocli.core.problem import Problem
from paretocli.problems.overlaid import overlaid


def make(data_dir: Path) -> Problem:
    """Two digits, as Sabour, Frosst and Hinton (2017) and Sener and Koltun (2018) describe them.

    Args:
        data_dir: The folder that holds `MNIST/raw`, or will hold it after the download.
    """
    return overlaid("multimnist", data_dir, data=("MNIST", "MNIST"), tasks=("left", "right"))

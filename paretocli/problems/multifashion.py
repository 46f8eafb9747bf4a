"""`multifashion`: two garments of Fashion-MNIST overlaid."""

from pathlib import Path

from paretocli.core.problem import Problem
from paretocli.problems.overlaid import overlaid


def make(data_dir: Path) -> Problem:
    """MultiMNIST with garments (Xiao, Rasul and Vollgraf 2017), after Lin et al. (2019).

    Args:
        data_dir: The folder that holds `FashionMNIST/raw`, or will hold it after the download.
    """
    return overlaid(
        "multifashion", data_dir, data=("FashionMNIST", "FashionMNIST"), tasks=("left", "right")
    )

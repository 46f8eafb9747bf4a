"""`fashionandmnist`: a garment of Fashion-MNIST on the left, an MNIST digit on the right."""

from pathlib import Path

from paretocli.core.problem import Problem
from paretocli.problems.overlaid import overlaid


def make(data_dir: Path) -> Problem:
    """MultiMNIST with a garment in the place of the left digit, after Lin et al. (2019).

    Lin, Zhen, Li, Zhang and Kwong, *Pareto Multi-Task Learning*, NeurIPS 2019.

    Args:
        data_dir: The folder that holds `FashionMNIST/raw` and `MNIST/raw`, or will hold them
            after the download.
    """
    return overlaid(
        "fashionandmnist", data_dir, data=("FashionMNIST", "MNIST"), tasks=("garment", "digit")
    )

"""What a sample draws at random, from a number of its own."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

# Torch's own function would seed the GPU's generator too, from which the network draws.
GENERATOR = torch.default_generator
SMALL = 2**32  # numpy's seeds are below


@contextmanager
def own_chance() -> Iterator[None]:
    """Afterwards the generators of torch's CPU, numpy and Python are as they were."""
    of_torch, of_numpy, of_python = GENERATOR.get_state(), np.random.get_state(), random.getstate()
    try:
        yield
    finally:
        GENERATOR.set_state(of_torch)
        np.random.set_state(of_numpy)
        random.setstate(of_python)


def draw_from(seed: int) -> None:
    """Let what is drawn next go by a number, whatever was drawn before."""
    GENERATOR.manual_seed(seed)
    np.random.seed(seed % SMALL)
    random.seed(seed)

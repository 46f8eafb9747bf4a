"""Points in the plane: inside which of two circles are they?"""

import torch

from paretocli import Problem, Samples, Task

CENTRES = ((-0.5, 0.0), (0.5, 0.0))
SIZES = {"train": 512, "val": 128, "test": 256}


def make():
    splits = {name: samples(size, seed) for seed, (name, size) in enumerate(SIZES.items())}
    return Problem(
        name="circles",
        tasks=[
            Task(name, loss=wrong, metrics={"accuracy": right}, outputs=2, lower_bound=0.0)
            for name in ("left", "right")
        ],
        **splits,
    )


def samples(count, seed):
    points = 2 * torch.rand(count, 2, generator=torch.Generator().manual_seed(seed)) - 1
    inside = [((points - torch.tensor(centre)).norm(dim=1) < 0.5).long() for centre in CENTRES]
    return Samples(points, tuple(inside))


def wrong(output, target):
    return torch.nn.functional.cross_entropy(output, target)


def right(output, target):
    return (output.argmax(dim=1) == target).float()

"""Two tasks from four numbers: name a handwritten digit, and draw it again. Change it to your own.

paretocli check problem.py:make
paretocli sweep --config sweep.toml
"""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss

from paretocli.problems import Problem, Samples, Task


# Any module of torch will do, if it returns one output a task, in the order of the tasks below.
class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 4))
        self.name = nn.Linear(4, 10)
        self.draw = nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 64))

    def forward(self, images):
        code = self.body(images)
        return [self.name(code), self.draw(code)]


# A loss or a metric gets a task's outputs (B, …) and targets (B, …) and gives their mean.
def accuracy(output, label):
    return (output.argmax(dim=1) == label).float().mean()


def make():
    # Your data, as tensors with a row a sample: here images (1797, 64) and labels (1797,).
    images, labels = map(torch.tensor, load_digits(return_X_y=True))
    images = images.float() / 16
    # Training; validation, which chooses the best epoch; test, which is only reported. Inputs may
    # be several: a tuple of tensors becomes the arguments of forward, a dictionary its keywords.
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    train, val, test = (
        Samples(inputs=images[rows], targets=(labels[rows], images[rows]))
        for rows in order.split([1077, 360, 360])
    )
    return Problem(
        name="digits",
        # Each task has a name, a loss to be minimised, and metrics to look at. Any function will
        # do; the targets above come in the same order.
        tasks=[Task("name", cross_entropy, {"accuracy": accuracy}), Task("draw", mse_loss)],
        train=train,
        val=val,
        test=test,
        # Offer several to choose from with --network.
        networks={"own": Network},
    )

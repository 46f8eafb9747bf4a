"""A problem of one's own: name a digit, and draw it again, from the same four numbers.

    paretocli sweep examples/own_problem.py:make

The digits come with scikit-learn. Four numbers cannot do both well, so the tasks compete. The best
drawing still has an error of about 0.025; as the `ideal` of that task it makes weights mean shares
of what can be had. (Where such numbers are not known, `--scale payoff` finds them by training each
task alone first.)
"""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss

from paretocli.problems import Defaults, Problem, Samples, Task


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 4))
        self.namer = nn.Linear(4, 10)
        self.painter = nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 64))

    def forward(self, images):
        code = self.encoder(images)
        return [self.namer(code), self.painter(code)]


def accuracy(output, label):
    return (output.argmax(dim=1) == label).float().mean()


def make():
    digits = load_digits()
    images = torch.tensor(digits.data / 16, dtype=torch.float32)
    labels = torch.tensor(digits.target)
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    train, val, test = (
        Samples(images[rows], (labels[rows], images[rows]))
        for rows in order.split([1077, 360, 360])
    )
    return Problem(
        name="name-and-draw",
        tasks=[Task("name", cross_entropy, {"accuracy": accuracy}), Task("draw", mse_loss)],
        train=train,
        val=val,
        test=test,
        networks={"bottleneck": Network},
        ideal=(0.0, 0.025),
        defaults=Defaults(points=9, epochs=60, batch_size=64, lr=3e-3),
    )

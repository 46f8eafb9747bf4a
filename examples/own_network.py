"""A network of one's own: a small ResNet with group norm, CIFAR-10 with two sets of labels.

    paretocli sweep examples/own_network.py:make --points 6

The first task names the object, the second says whether it is alive. A plain `nn.Module` that
returns one output a task is all that a network has to be. Group norm makes points independent of
what they were stacked with, as batch norm would too, and needs no running statistics.
"""

from itertools import pairwise

import torch
from torch import nn
from torch.nn.functional import adaptive_avg_pool2d, cross_entropy, relu

from paretocli.problems import Defaults, Problem, Samples, Task, cifar10

ALIVE = torch.tensor([0, 0, 1, 1, 1, 1, 1, 1, 0, 0])  # bird, cat, deer, dog, frog, horse


class Block(nn.Module):
    def __init__(self, given, made, stride):
        super().__init__()
        self.first = nn.Conv2d(given, made, 3, stride, padding=1, bias=False)
        self.second = nn.Conv2d(made, made, 3, padding=1, bias=False)
        # Pooling first uses every pixel, as a 1 × 1 convolution with a stride does not.
        pooling = nn.AvgPool2d(stride, ceil_mode=True)
        self.beside = nn.Sequential(pooling, nn.Conv2d(given, made, 1, bias=False))
        self.norms = nn.ModuleList(nn.GroupNorm(4, made) for _ in range(2))

    def forward(self, images):
        features = relu(self.norms[0](self.first(images)))
        return relu(self.norms[1](self.second(features)) + self.beside(images))


class ResNet(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        widths = [3, width, 2 * width, 4 * width]
        self.blocks = nn.Sequential(*(Block(a, b, stride=2) for a, b in pairwise(widths)))
        self.object = nn.Linear(widths[-1], 10)
        self.alive = nn.Linear(widths[-1], 2)

    def forward(self, images):
        features = adaptive_avg_pool2d(self.blocks(images), 1).flatten(1)
        return [self.object(features), self.alive(features)]


def normalised(images):
    return images.float() / 127.5 - 1


def accuracy(output, label):
    return (output.argmax(dim=1) == label).float().mean()


def make(data_dir, train=45_000, width=16):
    pictures = cifar10.load(data_dir)
    order = torch.randperm(50_000, generator=torch.Generator().manual_seed(0))

    def samples(split, rows):
        labels = pictures[split].labels[rows]
        return Samples(pictures[split].images[rows], (labels, ALIVE[labels]))

    return Problem(
        name="object-and-alive",
        tasks=[Task(name, cross_entropy, {"accuracy": accuracy}) for name in ("object", "alive")],
        train=samples("train", order[:train]),
        val=samples("train", order[45_000:]),
        test=samples("test", slice(None)),
        prepare=normalised,
        networks={"resnet": lambda: ResNet(width)},
        defaults=Defaults(points=6, epochs=15, batch_size=128, lr=2e-3),
    )

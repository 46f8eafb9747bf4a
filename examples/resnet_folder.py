"""ResNet-18 with a head for each column of labels, on a folder of images of one's own.

    python examples/unpack_cifar10.py data/cifar10/cifar10-jpeg.zip pictures
    paretocli sweep examples/resnet_folder.py:make --set folder=pictures/images \
        --set labels=pictures/labels.csv --groups streams

The problem is that of `images:FOLDER --labels FILE.csv` with a network of one's own, whose training
images are mirrored at random. As is usual for 32 × 32 pixels, the first convolution has a stride of
1 and no pooling follows it. The shortcuts make a stream that several convolutions read: by
`--groups streams` they agree on what they leave out.
"""

import dataclasses
from itertools import pairwise
from pathlib import Path

import torch
from torch import nn
from torch.nn.functional import relu

from paretocli.problems import Defaults
from paretocli.problems.asked import Asked
from paretocli.problems.loading import load_problem


def convolution(given, made, size=3, stride=1):
    layer = nn.Conv2d(given, made, size, stride, padding=size // 2, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(made))


class Block(nn.Module):
    def __init__(self, given, made, stride):
        super().__init__()
        self.first, self.second = convolution(given, made, 3, stride), convolution(made, made)
        same = given == made and stride == 1
        self.beside = nn.Identity() if same else convolution(given, made, 1, stride)

    def forward(self, features):
        return relu(self.second(relu(self.first(features))) + self.beside(features))


class ResNet18(nn.Module):
    """Four stages of two blocks each, from `width` channels in the first to 8 · width."""

    def __init__(self, channels, outputs, width=64, blocks=2):
        super().__init__()
        widths = [width, width, 2 * width, 4 * width, 8 * width]
        self.stem = convolution(channels, width)
        layers = []
        for place, (given, made) in enumerate(pairwise(widths)):
            layers.append(Block(given, made, 2 if place else 1))
            layers += [Block(made, made, 1) for _ in range(blocks - 1)]
        self.blocks = nn.Sequential(*layers)
        self.heads = nn.ModuleList(nn.Linear(widths[-1], count) for count in outputs)

    def forward(self, images):
        features = self.blocks(relu(self.stem(images))).mean(dim=(2, 3))
        return [head(features) for head in self.heads]


def mirrored(images):
    """A batch (B, C, H, W) whose images are mirrored or not, each by a draw of its own."""
    chosen = torch.rand(len(images), 1, 1, 1, device=images.device) < 0.5
    return torch.where(chosen, images.flip(3), images)


def make(folder, labels, width=64, blocks=2):
    problem = load_problem(f"images:{folder}", Path(), Asked(labels=Path(labels)))
    channels = problem.train.rows(slice(1)).inputs.shape[1]
    outputs = [task.outputs for task in problem.tasks]
    return dataclasses.replace(
        problem,
        augment=mirrored,
        networks={"resnet18": lambda: ResNet18(channels, outputs, width, blocks)},
        defaults=Defaults(points=6, epochs=30, batch_size=128, lr=1e-3, warm_up=0.05),
    )

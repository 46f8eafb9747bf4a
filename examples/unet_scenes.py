"""A U-Net on small scenes: what every pixel is, how far away, and which way its surface faces.

    python examples/make_scenes.py data/scenes
    paretocli sweep examples/unet_scenes.py:make --data-dir data --points 6

The data, losses and metrics are those of the built-in problem `scenes`, whose own networks are a
SegNet and MTAN. On the way up, each stage reads the stage of its size on the way down beside what
comes from below: rows of these convolutions belong to either part.

Ronneberger, Fischer and Brox, *U-Net: convolutional networks for biomedical image segmentation*,
MICCAI 2015.
"""

import dataclasses
from itertools import pairwise

import torch
from torch import nn
from torch.nn.functional import max_pool2d

from paretocli.problems import nyuv2


def twice(given, made):
    layers = []
    for count in (given, made):
        layers += [nn.Conv2d(count, made, 3, padding=1, bias=False), nn.BatchNorm2d(made)]
        layers.append(nn.ReLU())
    return nn.Sequential(*layers)


class UNet(nn.Module):
    """Images (B, 3, H, W), whose sides 2 divides once less than there are widths."""

    def __init__(self, outputs, widths=(16, 32, 64)):
        super().__init__()
        self.down = nn.ModuleList(twice(a, b) for a, b in pairwise((3, *widths)))
        pairs = [*pairwise(widths)][::-1]
        self.up = nn.ModuleList(nn.ConvTranspose2d(wide, few, 2, stride=2) for few, wide in pairs)
        self.across = nn.ModuleList(twice(2 * few, few) for few, _ in pairs)
        self.heads = nn.ModuleList(nn.Conv2d(widths[0], count, 1) for count in outputs)

    def forward(self, images):
        features, kept = self.down[0](images), []
        for stage in self.down[1:]:
            kept.append(features)
            features = stage(max_pool2d(features, 2))
        for up, across, beside in zip(self.up, self.across, kept[::-1], strict=True):
            features = across(torch.cat([beside, up(features)], dim=1))
        return [head(features) for head in self.heads]


def make(data_dir):
    problem = nyuv2.make_scenes(data_dir)
    outputs = [task.outputs for task in problem.tasks]
    return dataclasses.replace(
        problem,
        networks={"unet": lambda: UNet(outputs)},
        defaults=dataclasses.replace(problem.defaults, network="unet"),
    )

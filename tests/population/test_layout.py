"""How images and kernels lie in memory."""

import pytest
import torch
from torch import nn

from paretocli.population.layout import takes_channels_last
from paretocli.population.population import Population
from paretocli.problems.classification import classification
from tests.toys import CPU


class Net(nn.Module):
    """Keeps the layout that its strided convolution is given."""

    def __init__(self, channels, **options):
        super().__init__()
        self.first = nn.Conv2d(3, channels, 3, padding=1)
        self.shortcut = nn.Conv2d(channels, 4, **options)
        self.seen = None

    def forward(self, images):
        features = self.first(images)
        self.seen = features.is_contiguous(memory_format=torch.channels_last)
        return [self.shortcut(features).mean(dim=(2, 3))]


CASES = [
    (4, {"kernel_size": 1, "stride": 2}, False),
    (2, {"kernel_size": 1, "stride": (1, 3)}, False),
    (7, {"kernel_size": 1, "stride": 2}, False),
    (8, {"kernel_size": 1, "stride": 2}, True),
    (4, {"kernel_size": 1}, True),
    (4, {"kernel_size": 3, "stride": 2}, True),
]


@pytest.mark.parametrize(("channels", "options", "last"), CASES)
def test_the_channels_are_last_where_torch_can_take_it(channels, options, last):
    network = Net(channels, **options)
    assert takes_channels_last(network, CPU) == last
    assert takes_channels_last(network, torch.device("cuda"))
    population = Population(network, [classification("a", 4)], 1, device=CPU)
    kernel = population.parameters["first.weight"][0]
    assert kernel.is_contiguous(memory_format=torch.channels_last) == last
    with torch.no_grad():
        population.measure(torch.rand(2, 3, 6, 6), (torch.tensor([0, 3]),))
    assert network.seen == last

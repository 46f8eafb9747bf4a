import torch
from torch import nn

from paretocli.sparsity.layers import find_layers
from paretocli.sweeping.sweep_network import pattern_of
from tests.toys import CPU


class Chain(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 5), nn.Linear(5, 6), nn.Linear(6, 2))

    def forward(self, inputs):
        return [self.body(inputs)]


def test_a_pattern_binds_trained_layers_alone():
    network = Chain()
    network.body[0].weight.requires_grad_(False)
    with torch.no_grad():
        network.body[1].weight[:, 3] = 0
        network.body[1].weight[:, 4] = network.body[1].weight[:, 1]
    pattern = pattern_of(network, find_layers(network, torch.zeros(2, 4)), 3, CPU)
    found = pattern.representatives
    assert set(found) == {"body.1.weight", "body.2.weight"}
    assert found["body.1.weight"].tolist() == [[0, 1, 2, -1, 1]] * 3

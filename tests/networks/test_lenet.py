"""The small LeNet, against a forward pass written out and the layers of the published code."""

import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody uses

from paretocli.networks.lenet import LeNet

SHAPE = (1, 28, 28)


def test_against_a_forward_pass_written_out():
    torch.manual_seed(0)
    network = LeNet(SHAPE, [10, 7])
    x = torch.randn(6, *SHAPE)
    parameters = iter(network.state_dict().values())
    z = x
    for _ in range(2):
        z = F.max_pool2d(F.relu(F.conv2d(z, next(parameters), next(parameters))), 2)
    z = F.relu(F.linear(z.flatten(1), next(parameters), next(parameters)))
    for output in network(x):
        hidden = F.relu(F.linear(z, next(parameters), next(parameters)))
        torch.testing.assert_close(output, F.linear(hidden, next(parameters), next(parameters)))
    assert next(parameters, None) is None


def test_as_many_parameters_as_the_published_one():
    network = LeNet(SHAPE, [10, 10])
    found = [tuple(p.shape) for p in network.parameters() if p.dim() > 1]
    heads = [(50, 50), (10, 50)] * 2
    assert found == [(10, 1, 5, 5), (20, 10, 5, 5), (50, 320), *heads]
    assert sum(p.numel() for p in network.parameters()) == 27_450

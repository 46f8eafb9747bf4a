"""The residual network for tables."""

import torch

from paretocli.networks.tabular_resnet import TabularResNet


def test_blocks_add_to_the_stream():
    torch.manual_seed(0)
    network, inputs = TabularResNet(4, 6, 8, 2, (2, 1)), torch.randn(5, 4)
    stream = network.first[1](inputs)
    for norm, up, rectifier, down in network.blocks:
        stream = stream + down(rectifier(up(norm(stream))))
    features = network.last[0](stream).relu()
    for head, found in zip(network.heads, network(inputs), strict=True):
        torch.testing.assert_close(found, head(features))


def test_a_block_of_zeros_passes_the_stream():
    network, inputs = TabularResNet(4, 6, 8, 1, (1,)).eval(), torch.randn(5, 4)
    for parameter in network.blocks.parameters():
        parameter.data.zero_()
    expected = network.heads[0](network.last(network.first(inputs)))
    torch.testing.assert_close(network(inputs)[0], expected)

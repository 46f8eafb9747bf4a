import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody uses
from torch import nn
from torch.func import vmap

from paretocli.networks.segnet import SegNet, SharedSegNet, unpooled
from paretocli.sparsity.layers import find_layers

STAGES = ((4, 2), (6, 1), (8, 3))


def images(height=16, width=24, count=2):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(count, 3, height, width, generator=generator)


@pytest.mark.parametrize("size", [(8, 6), (9, 7)])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_unpooled_is_torchs_own_and_goes_through_vmap(size, layout):
    inputs = torch.randn(3, 2, *size).contiguous(memory_format=layout)

    def there_and_back(inputs):
        return unpooled(*F.max_pool2d(inputs, 2, return_indices=True), size)

    maxima, places = F.max_pool2d(inputs, 2, return_indices=True)
    expected = F.max_unpool2d(maxima, places, 2, output_size=size)
    assert torch.equal(there_and_back(inputs), expected)
    both = torch.stack([inputs, -inputs])
    assert torch.equal(vmap(there_and_back)(both)[1], there_and_back(-inputs))


def convolve(block, x):
    """A block's convolution, batch norm in evaluation and rectifier, written out."""
    convolution, norm, _ = block
    x = F.conv2d(x, convolution.weight, padding=1)
    factor = norm.weight / (norm.running_var + norm.eps).sqrt()
    shift = norm.bias - norm.running_mean * factor
    return (x * factor[:, None, None] + shift[:, None, None]).clamp(min=0)


def test_segnet_against_a_forward_pass_written_out():
    torch.manual_seed(0)
    network = SegNet(((4, 2), (6, 1))).eval()
    with torch.no_grad():
        for norm in (m for m in network.modules() if isinstance(m, nn.BatchNorm2d)):
            for tensor in (norm.weight, norm.bias, norm.running_mean):
                tensor.copy_(torch.randn(tensor.shape))
    (a, b), (c,) = network.encoder
    fine, coarse = network.decoder
    x = convolve(b, convolve(a, images()))
    half, places = F.max_pool2d(x, 2, return_indices=True)
    y = convolve(c, half)
    quarter, more_places = F.max_pool2d(y, 2, return_indices=True)
    y = convolve(coarse[0], F.max_unpool2d(quarter, more_places, 2))
    x = F.max_unpool2d(y, places, 2)
    expected = convolve(fine[1], convolve(fine[0], x))
    torch.testing.assert_close(network(images()), expected, atol=1e-5, rtol=1e-4)


def test_stages_mirror_each_other():
    network = SegNet(STAGES)

    def channels(stages):
        return [
            [tuple(block[0].weight.shape[1::-1]) for block in stage.children()] for stage in stages
        ]

    encoder = [[(3, 4), (4, 4)], [(4, 6)], [(6, 8), (8, 8), (8, 8)]]
    decoder = [[(4, 4), (4, 4)], [(6, 4)], [(8, 8), (8, 8), (8, 6)]]
    assert channels(network.encoder) == encoder
    assert channels(network.decoder) == decoder


@pytest.mark.parametrize("size", [(8, 8), (16, 24), (19, 29)])
def test_one_output_a_task_for_every_pixel(size):
    outputs = SharedSegNet(STAGES, (13, 1, 3))(images(*size))
    assert [tuple(output.shape) for output in outputs] == [(2, c, *size) for c in (13, 1, 3)]


def test_layers_for_sparsity():
    layers = find_layers(SharedSegNet(STAGES, (13, 1, 3)), images())
    roles = {layer.name.removesuffix(".weight"): layer.role for layer in layers}
    assert [name for name, role in roles.items() if role == "input"] == ["shared.encoder.0.0.0"]
    assert [name for name, role in roles.items() if role == "head"] == [
        f"heads.{task}.1" for task in range(3)
    ]
    assert len(layers) == 6 + 6 + 2 * 3
    positions = {layer.name: layer.positions for layer in layers}
    assert positions["shared.encoder.2.1.0.weight"] == 4 * 6
    assert positions["shared.decoder.0.0.0.weight"] == 16 * 24

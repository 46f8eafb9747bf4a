import warnings

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody uses

from paretocli.networks.mtan import MTAN
from paretocli.population.population import Population
from paretocli.problems import dense
from paretocli.sparsity.layers import find_layers
from tests.toys import CPU

STAGES = ((4, 2), (6, 1))
OUTPUTS = (5, 1, 3)


def images(height=8, width=12, count=2):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(count, 3, height, width, generator=generator)


def made():
    torch.manual_seed(0)
    network = MTAN(STAGES, OUTPUTS)
    # A few batches, so that batch norm's statistics are no longer those of a new network.
    for count in (2, 3):
        network(images(count=count))
    return network.eval()


def test_mtan_against_a_forward_pass_written_out():
    network = made()
    shared, x = network.shared, images()
    # The shared network, with what attention sees (s) and scales (p).
    s1 = shared.encoder[0][0](x)
    p1 = shared.encoder[0][1](s1)
    half, places1 = F.max_pool2d(p1, 2, return_indices=True)
    s2 = p2 = shared.encoder[1][0](half)
    quarter, places2 = F.max_pool2d(p2, 2, return_indices=True)
    s3 = F.max_unpool2d(quarter, places2, 2)
    p3 = shared.decoder[1](s3)
    s4 = F.max_unpool2d(p3, places1, 2)
    p4 = shared.decoder[0](s4)
    for mask, head, output in zip(network.attention, network.heads, network(x), strict=True):
        a = mask[0](s1) * p1
        beside = F.max_pool2d(network.down[0](a), 2)
        a = mask[1](torch.cat([s2, beside], dim=1)) * p2
        a = F.max_pool2d(network.down[1](a), 2)
        for stage, (s, p) in enumerate([(s3, p3), (s4, p4)]):
            beside = network.up[stage](F.interpolate(a, scale_factor=2, mode="bilinear"))
            a = mask[2 + stage](torch.cat([s, beside], dim=1)) * p
        torch.testing.assert_close(output, head(a), atol=1e-5, rtol=1e-4)


def test_attention_is_between_nothing_and_all():
    network = made()
    for mask in network.attention[0].children():
        shares = mask(torch.randn(2, mask[0][0].in_channels, 4, 4))
        assert shares.min() > 0
        assert shares.max() < 1


def test_attention_and_heads_are_the_tasks_own_and_the_rest_is_shared():
    network = made()
    network(images())[1].square().sum().backward()
    for name, parameter in network.named_parameters():
        kind, _, rest = name.partition(".")
        others = kind in {"attention", "heads"} and not rest.startswith("1.")
        assert (parameter.grad is None) == others, name


@pytest.mark.parametrize("size", [(4, 4), (8, 12), (11, 15)])
def test_one_output_a_task_for_every_pixel(size):
    outputs = MTAN(STAGES, OUTPUTS)(images(*size))
    assert [tuple(output.shape) for output in outputs] == [(2, c, *size) for c in OUTPUTS]


def test_layers_for_sparsity():
    layers = {layer.name: layer for layer in find_layers(made(), images())}
    inputs = [name for name, layer in layers.items() if layer.role == "input"]
    assert inputs == ["shared.encoder.0.0.0.weight"]
    heads = [name for name, layer in layers.items() if layer.role == "head"]
    assert heads == [f"heads.{task}.1.weight" for task in range(3)]
    # The extractors between stages are passed once by each task.
    assert layers["down.0.0.weight"].positions == 3 * 8 * 12
    assert len(layers) == 3 + 3 + 3 * (2 * 4 + 2) + 4


def test_stacked_as_one_after_another():
    tasks = [dense.segmentation("s", 5), dense.depth("d"), dense.normals("n")]
    generator = torch.Generator().manual_seed(2)
    targets = (
        torch.randint(-1, 5, (2, 8, 12), generator=generator),
        torch.rand(2, 1, 8, 12, generator=generator),
        torch.randn(2, 3, 8, 12, generator=generator),
    )
    found = []
    for stacked in (True, False):
        population = Population(made(), tasks, 2, device=CPU, stacked=stacked)
        with torch.no_grad():
            population.parameters["heads.1.1.bias"][1] += 1
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # such as of a loop over what vmap cannot take
            losses, statistics = population.measure(images(), targets)
        losses.sum().backward()
        gradients = {name: p.grad for name, p in population.parameters.items()}
        found.append((losses, statistics, gradients, population.buffers))
    for stacked, in_turn in zip(*found, strict=True):
        torch.testing.assert_close(stacked, in_turn, atol=1e-4, rtol=1e-3)

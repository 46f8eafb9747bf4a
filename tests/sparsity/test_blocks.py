"""Blocks against matrices that are put together by hand."""

import numpy as np
import pytest
import torch

from paretocli.sparsity.blocks import Blocks
from paretocli.sparsity.layers import Layer, over_rows
from paretocli.sparsity.objective import SparsityObjective, SparsitySettings
from paretocli.sparsity.pattern import Pattern, tied_pattern, zero_rows
from tests.toys import CPU

SHAPES = {"conv": (4, 6, 2, 3), "flat": (5, 12), "part": (3, 9), "alone": (2, 5)}
LAYERS = [Layer(name, shape, "hidden", 1) for name, shape in SHAPES.items()]
# A channel is read by one row of the convolution and two of the matrix, and some of them by a third
# layer, in another order, which has rows of its own as well.
GROUPING = (
    (("conv", "0:4"), ("flat", "0:7:2"), ("flat", "1:8:2"), ("part", "8,6,4,2")),
    (("conv", "4:6"), ("flat", "8:11:2"), ("flat", "9:12:2")),
)
MEMBERS = 3


def weights(seed=0):
    generator = torch.Generator().manual_seed(seed)
    return {
        name: torch.randn(MEMBERS, *shape, generator=generator, dtype=torch.float64)
        for name, shape in SHAPES.items()
    }


def by_hand(tensors):
    """The matrices (K, D, R) that the rows make side by side."""
    conv, flat, part = tensors["conv"], tensors["flat"], tensors["part"]
    joined = [[], []]
    for channel in range(6):
        row = [conv[:, :, channel].flatten(1), flat[:, :, 2 * channel], flat[:, :, 2 * channel + 1]]
        if channel < 4:
            row.append(part[:, :, 8 - 2 * channel])
        joined[channel >= 4].append(torch.cat(row, dim=1))
    others = part[:, :, [0, 1, 3, 5, 7]]
    return [*(torch.stack(rows, dim=2) for rows in joined), others, tensors["alone"]]


def blocks(grouping=GROUPING):
    return Blocks(LAYERS, grouping, CPU)


def test_rows_side_by_side():
    found = blocks()
    assert [block.layers for block in found.each] == [
        *(("conv", "flat", "part"), ("conv", "flat"), ("part",), ("alone",)),
    ]
    expected = by_hand(weights())
    for block, joined, hand in zip(
        found.each, found.joined(weights()).values(), expected, strict=True
    ):
        # The same numbers in each row, whatever their order there.
        assert (block.row_size, block.rows) == hand.shape[1:]
        torch.testing.assert_close(joined.sort(dim=1).values, hand.sort(dim=1).values)
    assert sum(block.parameters for block in found.each) == sum(one.parameters for one in LAYERS)
    assert len(found.joined(weights())) == len(found.each)


def test_a_layer_alone_is_its_own_tensor():
    given = weights()
    found = Blocks(LAYERS, device=CPU).joined(given)
    assert list(found) == list(SHAPES)
    assert all(found[name] is given[name] for name in SHAPES)
    assert blocks().joined(given)["alone"] is given["alone"]


@pytest.mark.parametrize("channels_last", [True, False])
def test_there_and_back(channels_last):
    given = weights()
    if channels_last:
        given["conv"] = given["conv"].permute(0, 1, 3, 4, 2).contiguous().permute(0, 1, 4, 2, 3)
    found = blocks()
    joined = found.joined(given)
    back = found.apart(joined, given)
    assert list(back) == list(SHAPES)
    for name, tensor in back.items():
        torch.testing.assert_close(tensor, given[name], rtol=0, atol=0)
    doubled = {name: 2 * block for name, block in joined.items()}
    expected = {name: 2 * tensor for name, tensor in given.items()}
    found.put_(doubled, given)
    for name, tensor in given.items():
        torch.testing.assert_close(tensor, expected[name], rtol=0, atol=0)


def test_zero_and_tied_rows_are_those_of_all_members():
    given, found = weights(), blocks()
    joined = found.joined(given)
    first, second = found.each[0].name, found.each[1].name
    joined[first][:, :, 1] = 0
    joined[first][0, :, 3] = 1.001 * joined[first][0, :, 2]
    joined[second][2, :, 1] = joined[second][2, :, 0]
    found.put_(joined, given)
    of_blocks = tied_pattern(found.joined(given), 0.99, 1).representatives
    of_layers = found.representatives_apart(of_blocks)
    assert of_layers["conv"][0].tolist() == [0, -1, 2, 2, 4, 5]
    assert of_layers["conv"][1].tolist() == [0, -1, 2, 3, 4, 5]
    assert of_layers["conv"][2].tolist() == [0, -1, 2, 3, 4, 4]
    assert of_layers["flat"][0].tolist() == [0, 1, -1, -1, 4, 5, 4, 5, 8, 9, 10, 11]
    assert of_layers["flat"][2].tolist() == [0, 1, -1, -1, 4, 5, 6, 7, 8, 9, 8, 9]
    assert of_layers["part"][0].tolist() == [0, 1, 4, 3, 4, 5, -1, 7, 8]
    again = found.representatives_joined(of_layers)
    assert again.keys() == of_blocks.keys()
    assert all(again[name].equal(of_blocks[name]) for name in again)
    # Projected layer by layer, they are the projected blocks.
    Pattern(of_layers).project_(given)
    Pattern(of_blocks).project_(joined)
    for name, tensor in found.joined(given).items():
        torch.testing.assert_close(tensor, joined[name])


# f_0 of groups is that of the matrices that they make


@pytest.mark.parametrize("relative", [True, False])
@pytest.mark.parametrize("kind", ["flat", "linear"])
def test_the_objective_is_that_of_the_joined_matrices(kind, relative):
    settings = SparsitySettings(theta=kind, slope=2.0, relative=relative, max_layer_sparsity=0.5)
    given = weights()
    given["conv"][1, :, 2] = 0  # no zero row: the others of its group are not
    grouped = SparsityObjective(LAYERS, settings, CPU, grouping=GROUPING)
    hand = {str(k): matrix for k, matrix in enumerate(by_hand(given))}
    layers = [Layer(n, tuple(m.shape[1:]), "hidden", 1) for n, m in hand.items()]
    plain = SparsityObjective(layers, settings, CPU)
    torch.testing.assert_close(grouped.value(given), plain.value(hand))
    assert grouped.smallest() == pytest.approx(plain.smallest())
    assert grouped.names == tuple(SHAPES)
    gradients, of_hand = grouped.gradients(given), plain.gradients(hand)
    torch.testing.assert_close(by_hand(gradients), list(of_hand.values()))
    # Rows count one by one, whatever group they are in: 6 + 12 + 9 + 5.
    assert grouped.zero_rows(given).tolist() == [0, 1, 0]


@pytest.mark.parametrize("limit", [1.0, 0.5])
def test_the_proximal_step_takes_whole_groups(limit):
    settings = SparsitySettings(relative=False, max_layer_sparsity=limit)
    made = SparsityObjective(LAYERS, settings, CPU, grouping=GROUPING)
    given = weights()
    joined = made.joined(given)
    lengths = made.lengths(joined)
    size = [1.001 * own.amin(dim=1) for own in made.apart(lengths)]
    factors = made.shrunk(lengths, torch.stack(size, dim=1), made.around(lengths))
    for block, own in zip(joined.values(), made.apart(factors), strict=True):
        block.mul_(over_rows(own, block))
    made.blocks.put_(joined, given)
    for block in made.blocks.each:
        zero = torch.stack(
            [
                zero_rows(given[member.layer.name])[:, places]
                for member in block.members
                for places in member.places
            ]
        )
        # One group of each block, and all of it; where just one row has to stay, or half of them.
        assert zero.all(dim=0).sum(dim=1).tolist() == [1] * MEMBERS
        np.testing.assert_array_equal(zero.all(dim=0), zero.any(dim=0))


def lone_in_the_first(made, given):
    return made.apart(made.around(made.lengths(made.joined(given))).lone)[0].tolist()


@pytest.mark.parametrize("kind", ["flat", "spike"])
def test_lone_groups(kind):
    settings = SparsitySettings(theta=kind)
    made = SparsityObjective(LAYERS, settings, CPU, grouping=GROUPING)
    given = weights()
    joined = made.joined(given)
    first = made.blocks.each[0].name
    joined[first][0, :, 1:] = 0
    joined[first][1, :, 2:] = 0
    joined[first][1, :, 1] = joined[first][1, :, 0]
    made.blocks.put_(joined, given)
    assert lone_in_the_first(made, given) == [[True, False, False, False], [False] * 4, [False] * 4]
    pattern = Pattern(
        made.blocks.representatives_apart(
            tied_pattern(made.joined(given), 0.999, 1).representatives
        )
    )
    assert lone_in_the_first(made.within(pattern), given) == [
        [True, False, False, False],
        [True, True, False, False],
        [False] * 4,
    ]

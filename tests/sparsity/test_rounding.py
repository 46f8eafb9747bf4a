"""Which rows stay where widths are to be multiples: by hand, and in compact networks."""

import numpy as np
import pytest
import torch

from paretocli.compaction.readers import read_together
from paretocli.compaction.shipping import compact_network
from paretocli.compaction.widths import Width, Widths, widths_of
from paretocli.sparsity.blocks import Blocks
from paretocli.sparsity.grouping import NONE, grouping_of
from paretocli.sparsity.layers import Layer, counted_layers, find_layers
from paretocli.sparsity.rounding import Rounding
from tests.compaction.networks import IMAGES, Residual, operations
from tests.compaction.test_heads import WORDS, Attending


def layer(name, rows, role="hidden"):
    return Layer(name, (3, rows), role, 1)


def chain(rows, each=1):
    """The channels of one operation that are read by a row each."""
    parts = rows // each
    channels = [frozenset(("a", p * each + k) for k in range(each)) for p in range(parts)]
    return Widths(tuple(channels), (Width("", frozenset(range(parts)), each),))


def stay(widths, strengths, multiple, *, layers=None, least=1, up=True):
    """The numbers of the rows that stay, of one layer or several."""
    blocks = Blocks(layers or [layer("a", len(strengths))])
    rounding = Rounding(
        blocks, dict.fromkeys((b.name for b in blocks.each), least), widths, multiple
    )
    return np.flatnonzero(rounding.stay(np.array(strengths, dtype=float), up=up)).tolist()


def network_of(living, rows):
    """Strengths of rows of which the first ones are not zero, each weaker than the one before."""
    return [2 - k / 100 if k < living else 0.9 - k / 100 for k in range(rows)]


@pytest.mark.parametrize(
    ("living", "rows", "expected"),
    [
        (8, 20, 8),
        (9, 20, 16),  # eight would be more than a tenth less
        (12, 20, 16),
        (13, 20, 16),
        (17, 20, 16),
        (17, 24, 16),
        (18, 24, 24),
        (20, 20, 16),  # all of them are no multiple, and there is no larger one
        (43, 64, 40),
        (44, 64, 48),  # as near to both
        (45, 64, 48),
        (1, 20, 8),
        (7, 8, 8),
        (0, 20, 0),  # given up
        (5, 7, 5),  # too narrow
        (7, 7, 7),
    ],
)
def test_the_nearest_multiple(living, rows, expected):
    strengths = network_of(living, rows)
    assert stay(chain(rows), strengths, 8) == list(range(expected))
    down = living // 8 * 8 or living
    assert stay(chain(rows), strengths, 8, up=False) == list(range(down))


def test_the_longest_stay_and_the_nearest_come_back():
    strengths = [1.5, 0.1, 1.2, 0.3, 1.9, 0.2]
    assert stay(chain(6), strengths, 2) == [0, 2, 3, 4]
    assert stay(chain(6), [*strengths[:3], 1.3, 1.9, 1.1], 4) == [0, 2, 3, 4]


def test_heads_of_three_channels_come_in_pairs_where_two_is_asked_for():
    rows = [1.1] * 3 + [1.3] * 3 + [1.2] * 3 + [0.1] * 3
    # As near to both; one row brings a head back, and the layer's own rows follow.
    assert stay(chain(12, each=3), rows, 6) == [*range(12)]
    assert stay(chain(12, each=3), rows, 6, up=False) == [*range(3, 9)]


def test_a_channel_read_by_several_rows_stays_with_one_of_them():
    """Four channels of three pixels each; the layer reads a multiple as well."""
    channels = tuple(frozenset(("a", 3 * c + k) for k in range(3)) for c in range(4))
    widths = Widths(channels, (Width("", frozenset(range(4)), 1),))
    strengths = [0.1, 1.5, 0.2, *[0.1] * 3, *[0.1, 0.3, 0.8], *[1.2, 1.3, 1.4]]
    # Two channels already; four rows: the weakest zero row of those is not needed.
    assert stay(widths, strengths, 2) == [1, 9, 10, 11]
    # Four channels, each with its strongest row, then eight rows: the nearest of those that stay.
    found = stay(widths, [*strengths[:3], 0.1, 1.1, 0.4, *strengths[6:]], 4)
    assert found == [1, 4, 5, 7, 8, 9, 10, 11]


def test_no_more_rows_go_than_may():
    assert stay(chain(20), network_of(9, 20), 8, least=9) == list(range(16))
    assert stay(chain(12), network_of(9, 12), 8, least=9) == list(range(9))


def test_rows_that_read_data_are_no_width():
    layers = [layer("x", 6, "input"), layer("a", 6)]
    strengths = network_of(5, 6) * 2
    assert stay(chain(6), strengths, 4, layers=layers) == [0, 1, 2, 3, 4, 6, 7, 8, 9]


def test_rows_that_read_what_stays_are_rounded_for_each_layer():
    nothing = Widths((), ())
    layers = [layer("a", 6), layer("b", 6)]
    assert stay(nothing, network_of(3, 6) + network_of(2, 6), 4, layers=layers) == [
        *(0, 1, 2, 3),
        *(6, 7, 8, 9),
    ]


def test_a_row_goes_only_if_its_channel_has_another():
    """Two layers read five channels, each three of them; the channel in common may lose one row."""
    channels = tuple(frozenset({("a", c), ("b", c)}) for c in range(4))
    widths = Widths(channels, (Width("", frozenset(range(4)), 1),))
    layers = [layer("a", 4), layer("b", 4)]
    strengths = [1.9, 1.8, 1.7, 0.1, 0.1, 0.2, 1.3, 1.9]
    # All four channels stay; layer a reads two or four of them.
    assert stay(widths, strengths, 2, layers=layers) == [0, 1, 2, 3, 6, 7]


# In compact networks


def rounded(network, inputs, multiple):
    """For rows alone and in groups, the sizes that are exported of rows that are zero by chance."""
    layers = counted_layers(find_layers(network.eval(), inputs[:2]))
    weights = {one.name: network.get_parameter(one.name) for one in layers}
    tracing = operations(network, inputs)
    readers, widths = read_together(tracing, weights), widths_of(tracing, weights)
    rows = {one.name: one.rows for one in layers}
    counted = {name: weight.detach().clone().unsqueeze(0) for name, weight in weights.items()}
    generator = np.random.default_rng(0)
    for grouping in (NONE, grouping_of(readers.groups, rows, readers.of_heads)):
        blocks = Blocks(layers, grouping)
        sizes = [block.rows for block in blocks.each]
        strengths = generator.random(sum(sizes)) + (generator.random(sum(sizes)) > 0.6)
        strengths[np.cumsum([0, *sizes[:-1]])] += 1
        rounding = Rounding(blocks, {b.name: 1 for b in blocks.each}, widths, multiple)
        gone = torch.split(torch.from_numpy(~rounding.stay(strengths)), sizes)
        joined = {name: block.clone() for name, block in blocks.joined(counted).items()}
        with torch.no_grad():
            for block, rows_gone in zip(joined.values(), gone, strict=True):
                block[:, :, rows_gone] = 0
            for name, own in blocks.apart(joined, counted).items():
                weights[name].copy_(own[0])
        small = compact_network(tracing)
        yield {name: tuple(p.shape[:2]) for name, p in small.named_parameters() if p.dim() > 1}


def test_a_residual_network_is_exported_as_wide():
    torch.manual_seed(0)
    alone, grouped = rounded(Residual(), IMAGES, 4)
    # Two layers that read one stream may read other parts of it, unless they are groups.
    assert [alone[name][1] for name in ("second_weight_1", "third_weight")] == [4, 8]
    assert [grouped[name][1] for name in ("second_weight_1", "third_weight")] == [4, 4]
    for one in (alone, grouped):
        assert one["first_weight_1"][0] == one["second_weight_1"][0] in {4, 8}


def test_attention_is_exported_as_wide():
    torch.manual_seed(0)
    for shapes in rounded(Attending(), WORDS, 6):
        for name in ("q_weight", "k_weight", "v_weight"):
            assert shapes[name][0] % 6 == shapes[name][1] % 6 == 0
        assert shapes["out_weight"][1] == shapes["v_weight"][0]

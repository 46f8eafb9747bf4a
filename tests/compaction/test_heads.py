"""Heads of attention: their rows go together, and they leave as a whole."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody uses
from torch import nn

from paretocli.compaction.readers import read_together
from paretocli.compaction.shipping import compact_network, size_of
from paretocli.compaction.trace import trace
from paretocli.sparsity.grouping import described, grouping_of

HEADS, WIDTH, EACH, LENGTH = 4, 12, 3, 5
WORDS = torch.randn(3, LENGTH, 6, generator=torch.Generator().manual_seed(0))


class Attending(nn.Module):
    """Words that attend to each other, as transformers have it."""

    def __init__(self, mask="none", joint=False):
        super().__init__()
        self.mask, self.joint = mask, joint
        self.embed = nn.Linear(6, WIDTH)
        if joint:
            self.all = nn.Linear(WIDTH, 3 * HEADS * EACH)
        else:
            self.q, self.k, self.v = (nn.Linear(WIDTH, HEADS * EACH) for _ in range(3))
        self.out = nn.Linear(HEADS * EACH, WIDTH)
        self.head = nn.Linear(WIDTH, 2)

    def forward(self, words):
        x = torch.relu(self.embed(words))
        parts = self.all(x).chunk(3, dim=-1) if self.joint else (self.q(x), self.k(x), self.v(x))
        shape = (words.shape[0], LENGTH, HEADS, EACH)
        q, k, v = (part.reshape(shape).transpose(1, 2) for part in parts)
        mask = {
            "none": None,
            "for all heads": (words[:, :, 0] > -1)[:, None, None, :],
            "for each head": (q[:, :, :, :1] - k[:, :, :, :1].transpose(-1, -2)) > -5,
            "constant": torch.ones(LENGTH, LENGTH, dtype=torch.bool).tril(),
        }[self.mask]
        found = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        found = found.transpose(1, 2).reshape(words.shape[0], LENGTH, HEADS * EACH)
        return (self.head(torch.relu(self.out(found)).mean(dim=1)),)


def tracing_of(network):
    return trace(network.eval(), {"words": WORDS[:2]}, "test")


def readers_of(network, *names):
    weights = {f"{name}.weight": network.get_parameter(f"{name}.weight") for name in names}
    return read_together(tracing_of(network), weights)


def test_what_reads_a_head_goes_together():
    found = readers_of(Attending(), "out")
    heads = [tuple(("out.weight", EACH * h + e) for e in range(EACH)) for h in range(HEADS)]
    assert found.groups == heads
    assert found.of_heads == {row for head in heads for row in head}
    grouping = grouping_of(found.groups, {"out.weight": HEADS * EACH}, found.of_heads)
    assert described(grouping) == ["4 of out (3 rows each)"]
    # One layer's rows that read one channel otherwise stay alone.
    assert grouping_of(found.groups, {"out.weight": HEADS * EACH}) == ()


def test_the_stream_that_the_heads_read_is_a_group_of_its_own():
    found = readers_of(Attending(), "q", "k", "v", "out")
    assert len(found.groups) == WIDTH + HEADS
    assert found.groups[0] == (("q.weight", 0), ("k.weight", 0), ("v.weight", 0))


@pytest.mark.parametrize("mask", ["none", "for all heads", "constant"])
def test_heads_leave(mask):
    network = Attending(mask)
    with torch.no_grad():
        for head in (0, 2):
            network.out.weight[:, EACH * head : EACH * (head + 1)] = 0
        network.out.weight[:, EACH] = 0  # a row of another head takes nothing with it
        small = compact_network(tracing_of(network))
        for one, other in zip(network(WORDS), small(WORDS), strict=True):
            torch.testing.assert_close(one, other)
    left = 2 * EACH
    expected = 7 * WIDTH + 3 * (WIDTH + 1) * left + left * WIDTH + WIDTH + (WIDTH + 1) * 2
    assert size_of(small, (WORDS[:1],)).parameters == expected - WIDTH


@pytest.mark.parametrize("mask", ["none", "for each head"])
def test_what_is_computed_of_parts_stays_right(mask):
    """Whether or not heads can leave."""
    for joint in (False, True):
        network = Attending(mask, joint)
        with torch.no_grad():
            network.out.weight[:, : 2 * EACH] = 0
            small = compact_network(tracing_of(network))
            for one, other in zip(network(WORDS), small(WORDS), strict=True):
                torch.testing.assert_close(one, other)


def test_all_heads_zero_leave_one():
    network = Attending()
    with torch.no_grad():
        network.out.weight.zero_()
        small = compact_network(tracing_of(network))
        for one, other in zip(network(WORDS), small(WORDS), strict=True):
            torch.testing.assert_close(one, other)

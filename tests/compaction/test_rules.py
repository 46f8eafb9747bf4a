"""What is said of kinds of operations, against the operations themselves."""

import pytest
import torch

from paretocli.compaction.layout import IrregularError, Layout, closure, layout_of
from paretocli.compaction.rules.channelwise import POOLING
from paretocli.compaction.rules.elementwise import COMBINING, POINTWISE

ATEN = torch.ops.aten
SIZES = (1, 3, 8, 37)  # odd ones leave remainders after vectors of 8 and 16

EXTRA = {
    ATEN.clamp.default: (-1.0, 1.0),
    ATEN.hardtanh.default: (-1.0, 1.0),
    ATEN.pow.Tensor_Scalar: (2.0,),
    **{kind: (2.0,) for kind in POINTWISE if "Scalar" in str(kind) and "pow" not in str(kind)},
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", POINTWISE, ids=str)
def test_nan_passes_through_what_works_on_each_number(kind, size):
    values = torch.linspace(-3, 3, 2 * size).reshape(1, -1)
    values[:, ::2] = torch.nan
    found = kind(values, *EXTRA.get(kind, ()))
    assert found[:, ::2].isnan().all()
    alone = kind(values[:, 1::2], *EXTRA.get(kind, ()))
    torch.testing.assert_close(found[:, 1::2], alone, equal_nan=True)


@pytest.mark.parametrize("kind", COMBINING, ids=str)
def test_nan_passes_through_what_combines(kind):
    known, unknown = torch.ones(1, 37), torch.full((1, 37), torch.nan)
    assert kind(known, unknown).isnan().all()
    assert kind(unknown, known).isnan().all()


IMAGE_POOLING = [kind for kind in POOLING if "2d" in str(kind)]
SETTINGS = {
    ATEN.max_pool2d.default: ([2, 2],),
    ATEN.avg_pool2d.default: ([2, 2],),
    ATEN.adaptive_avg_pool2d.default: ([2, 2],),
    ATEN.upsample_bilinear2d.vec: ([9, 11], False, None),
    ATEN.upsample_nearest2d.vec: ([9, 11], None),
}


@pytest.mark.parametrize("kind", IMAGE_POOLING, ids=str)
def test_pooling_works_on_each_channel_by_itself(kind):
    images = torch.randn(1, 3, 6, 8)
    images[:, 1] = torch.nan
    found = kind(images, *SETTINGS[kind])
    assert found[:, 1].isnan().all()
    assert not found[:, [0, 2]].isnan().any()


def test_a_mask_that_is_all_or_nothing_along_an_axis_is_a_layout():
    layout = Layout(1, torch.tensor([0, 2]))
    mask = layout.mask((2, 3, 4))
    assert mask.sum() == 16
    assert layout.same(layout_of(mask))
    assert layout_of(torch.ones(2, 3, dtype=torch.bool)) is None


def test_another_mask_has_a_closure_and_no_layout():
    mask = torch.tensor([[True, False, False], [False, True, False]])
    with pytest.raises(IrregularError):
        layout_of(mask)
    assert closure(mask, 0) is None
    assert closure(mask, 1).kept.tolist() == [0, 1]

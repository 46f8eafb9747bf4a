"""Multiply-accumulates against counts by hand."""

import pytest
import torch
import torchvision
from torch import nn

from paretocli.compaction.operations import UncountedError, multiply_accumulates
from paretocli.compaction.trace import traced

T, D = 5, 16  # length of a sequence and its width


class OfOneTask(nn.Sequential):
    """A network as it is traced: it gives a tuple."""

    def forward(self, inputs):
        return (super().forward(inputs),)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(D, 4, batch_first=True)

    def forward(self, x):
        return self.attention(x, x, x, need_weights=False)[0]


class Recurrent(nn.Module):
    def __init__(self, kind, **settings):
        super().__init__()
        self.layer = kind(D, 6, batch_first=True, **settings)

    def forward(self, x):
        return self.layer(x)[0]


class Product(nn.Module):
    """Several ways to write a product of matrices."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(D, 3))

    def forward(self, x):
        one = x @ self.weight
        two = torch.einsum("btd,de->bte", x, self.weight)
        return one + two + torch.matmul(x, self.weight) + (x.transpose(1, 2) @ one).sum()


class Bilinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Bilinear(D, D, 3)

    def forward(self, x):
        return self.layer(x, x)


class Vector(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(D))

    def forward(self, x):
        return torch.mv(x[0], self.weight)[None]


def attention(length, width):
    """Four projections, scores, and what they weigh."""
    return 4 * length * width * width + 2 * length * length * width


def encoder(length, width, hidden):
    return attention(length, width) + 2 * length * width * hidden


def vit(size=32, patch=8, width=24, hidden=48, layers=2, classes=10):
    length = (size // patch) ** 2 + 1
    patches = (length - 1) * 3 * patch * patch * width
    return patches + layers * encoder(length, width, hidden) + width * classes


def recurrent(gates, inputs, hidden, *, layers=1, directions=1):
    found = 0
    for layer in range(layers):
        width = inputs if layer == 0 else directions * hidden
        found += directions * T * gates * hidden * (width + hidden)
    return found


SEQUENCE, IMAGE, LINE = (T, D), (4, 9, 9), (D,)

COUNTED = {
    "linear": (lambda: nn.Linear(D, 3), LINE, 3 * D),
    "linear along a sequence": (lambda: nn.Linear(D, 3), SEQUENCE, T * 3 * D),
    "convolution": (lambda: nn.Conv2d(4, 6, 3, stride=2, padding=1), IMAGE, 25 * 6 * 4 * 9),
    "in groups": (lambda: nn.Conv2d(4, 8, 3, groups=2), IMAGE, 49 * 8 * 2 * 9),
    "transposed": (lambda: nn.ConvTranspose2d(4, 6, 3, stride=2), IMAGE, 81 * 4 * 6 * 9),
    "transposed, in groups": (lambda: nn.ConvTranspose2d(4, 6, 3, groups=2), IMAGE, 81 * 4 * 3 * 9),
    "convolution of one axis": (lambda: nn.Conv1d(T, 3, 3), SEQUENCE, 14 * 3 * T * 3),
    "attention": (Attention, SEQUENCE, attention(T, D)),
    "encoder": (
        lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(D, 4, 32, batch_first=True), 2),
        SEQUENCE,
        2 * encoder(T, D, 32),
    ),
    "bi-LSTM": (
        lambda: Recurrent(nn.LSTM, num_layers=2, bidirectional=True),
        SEQUENCE,
        recurrent(4, D, 6, layers=2, directions=2),
    ),
    "LSTM with a projection": (
        lambda: Recurrent(nn.LSTM, proj_size=2),
        SEQUENCE,
        T * (4 * 6 * (D + 2) + 6 * 2),
    ),
    "GRU": (lambda: Recurrent(nn.GRU), SEQUENCE, recurrent(3, D, 6)),
    "RNN": (lambda: Recurrent(nn.RNN, num_layers=2), SEQUENCE, recurrent(1, D, 6, layers=2)),
    "products": (Product, SEQUENCE, 3 * T * D * 3 + D * T * 3),
    "bilinear": (Bilinear, LINE, 3 * D * D),
    "vector": (Vector, SEQUENCE, T * D),
    "ViT": (
        lambda: torchvision.models.VisionTransformer(
            image_size=32,
            patch_size=8,
            num_layers=2,
            num_heads=3,
            hidden_dim=24,
            mlp_dim=48,
            num_classes=10,
        ),
        (3, 32, 32),
        vit(),
    ),
    # Nothing of these is a product of matrices.
    "around": (
        lambda: nn.Sequential(
            *(nn.BatchNorm2d(4), nn.PReLU(4), nn.MaxPool2d(2), nn.Upsample(scale_factor=2)),
            *(nn.GroupNorm(2, 4), nn.AdaptiveAvgPool2d(3), nn.Flatten(), nn.LayerNorm(36)),
            *(nn.Softmax(dim=1), nn.Dropout(), nn.Hardswish()),
        ),
        IMAGE,
        0,
    ),
}


@pytest.mark.parametrize("name", COUNTED)
def test_multiply_accumulates_as_by_hand(name):
    make, shape, expected = COUNTED[name]
    assert multiply_accumulates(make().eval(), [torch.randn(1, *shape)]) == expected


@pytest.mark.parametrize("name", ["attention", "encoder", "bi-LSTM", "GRU", "ViT"])
def test_a_graph_counts_as_its_network(name):
    """What is compacted and what is not are counted by the same rules."""
    make, shape, expected = COUNTED[name]
    network = OfOneTask(make()).eval()
    graph = traced(network, {"x": torch.randn(2, *shape)}, "mine")
    assert multiply_accumulates(graph, [torch.randn(1, *shape)]) == expected


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda x: torch.fft.rfft(x).real, "fft"),
        (lambda x: torch.linalg.inv(x @ x.mT + torch.eye(T)), "linalg"),
        (lambda x: torch.cdist(x, x + 1, compute_mode="donot_use_mm_for_euclid_dist"), "cdist"),
    ],
)
def test_what_cannot_be_counted_is_said(function, name):
    with pytest.raises(UncountedError, match=name):
        multiply_accumulates(function, [torch.randn(1, T, D)])


def test_kernels_are_as_they_were(monkeypatch):
    before = torch.backends.mha.get_fastpath_enabled()
    multiply_accumulates(nn.Linear(D, 3), [torch.randn(1, D)])
    assert torch.backends.mha.get_fastpath_enabled() == before
    with pytest.raises(RuntimeError):
        multiply_accumulates(nn.Linear(D, 3), [torch.randn(1, D + 1)])
    assert torch.backends.mha.get_fastpath_enabled() == before

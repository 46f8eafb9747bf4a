"""Networks of many kinds, some of their rows zeroed."""

import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody uses
from torch import Tensor, fx, nn

from paretocli.compaction.compact import compacted
from paretocli.compaction.folding import fold_batch_norms
from paretocli.compaction.trace import Tracing, trace
from paretocli.sparsity.layers import find_layers

IMAGES = torch.randn(4, 3, 16, 24, generator=torch.Generator().manual_seed(2))


class Outputs(nn.Module):
    """A network whose outputs are a tuple."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, inputs: Tensor) -> tuple[Tensor, ...]:
        outputs = self.network(inputs)
        return tuple(outputs) if isinstance(outputs, list | tuple) else (outputs,)


def small(network: nn.Module, inputs: Tensor) -> fx.GraphModule:
    return small_of(operations(network, inputs))


def operations(network: nn.Module, inputs: Tensor) -> Tracing:
    return trace(Outputs(network), {"inputs": inputs[:2]}, "test")


def small_of(tracing: Tracing) -> fx.GraphModule:
    """Of the network with the parameters that it has now."""
    graph = tracing.graph()
    fold_batch_norms(graph)
    return compacted(graph)


@torch.no_grad()
def zero_rows(network: nn.Module, inputs: Tensor, share: float, seed: int):
    """Zero a share of the rows of each hidden layer, and let batch norm do something."""
    generator = torch.Generator().manual_seed(seed)
    for layer in find_layers(network, inputs[:2]):
        if layer.role == "hidden":
            weight = network.get_parameter(layer.name)
            rows = torch.rand(layer.rows, generator=generator) < share
            weight[:, rows] = 0
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d | nn.BatchNorm1d):
            for tensor in (module.weight, module.bias, module.running_mean):
                tensor.copy_(torch.randn(tensor.shape, generator=generator))
            module.running_var.copy_(torch.rand(module.running_var.shape, generator=generator) + 1)


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.second = nn.Conv2d(8, 8, 3, padding=1)
        self.after = nn.BatchNorm2d(8)
        self.third = nn.Conv2d(8, 6, 3, stride=2)
        self.head = nn.Linear(6, 2)

    def forward(self, images: Tensor) -> Tensor:
        begun = torch.relu(self.norm(self.first(images)))
        added = F.gelu(begun + self.after(self.second(begun)))
        return self.head(F.adaptive_avg_pool2d(self.third(added), 1).flatten(1))


class Grouped(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3)
        self.norm = nn.GroupNorm(2, 8)
        self.depthwise = nn.Conv2d(8, 8, 3, groups=8)
        self.last = nn.Conv2d(8, 4, 1)

    def forward(self, images: Tensor) -> list[Tensor]:
        features = self.last(self.depthwise(torch.relu(self.norm(self.first(images)))))
        return [features.mean(dim=(2, 3)), features.amax(dim=(2, 3))]


class Dense(nn.Module):
    """Concatenation, attention over channels, and a product that is broadcast."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 6, 3, padding=1)
        self.second = nn.Conv2d(6, 5, 3, padding=1, bias=False)
        self.squeeze = nn.Conv2d(11, 4, 1)
        self.excite = nn.Conv2d(4, 11, 1)
        self.last = nn.Conv2d(11, 3, 1)

    def forward(self, images: Tensor) -> list[Tensor]:
        one = torch.relu(self.first(images))
        both = torch.cat([one, torch.relu(self.second(one))], dim=1)
        gate = torch.sigmoid(self.excite(torch.relu(self.squeeze(F.adaptive_avg_pool2d(both, 1)))))
        return [self.last(both * gate), F.interpolate(self.last(both), scale_factor=2.0)]


class Gated(nn.Module):
    """Squeeze and excitation."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 8, 1)
        self.squeeze, self.excite = nn.Conv2d(8, 2, 1), nn.Conv2d(2, 8, 1)
        self.last = nn.Conv2d(8, 2, 1)

    def forward(self, images: Tensor) -> Tensor:
        features = torch.relu(self.first(images))
        gate = self.excite(torch.relu(self.squeeze(F.adaptive_avg_pool2d(features, 1))))
        return self.last(features * torch.sigmoid(gate))


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        self.head = nn.Linear(8, 3)

    def forward(self, words: Tensor) -> Tensor:
        return self.head(self.layer(words).mean(dim=1))

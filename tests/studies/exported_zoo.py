"""Well-known networks with half of their rows zero: `python -m tests.studies.exported_zoo`.

Shows that compaction and both formats give the outputs of the dense network at batches of 1, 3
and 5, and how much they take out. Each network gets two heads. The rows are drawn at random with
a fixed seed, so the networks are no good ones; batch norm's statistics and scales of residual
branches are drawn too, for as they start they hide much of a network. Names may be given, all
networks are tried without; what a package is missing for is left out, and said.
"""

import argparse
import importlib.util
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from paretocli.compaction.compact import compacted
from paretocli.compaction.folding import fold_batch_norms
from paretocli.compaction.trace import traced
from paretocli.core.as_used import AsUsed
from paretocli.core.inputs import Inputs, tensors_of
from paretocli.exporting.formats import FORMATS
from paretocli.exporting.plain import write_plain
from paretocli.exporting.source import python_source
from paretocli.problems import Problem, Samples, Task
from paretocli.sparsity.layers import counted_layers, find_layers

BATCHES = (1, 3, 5)
ALLOWED = 1e-4  # of the largest output
SEED = 0


class TwoHeads(nn.Module):
    """A network for two tasks: a body that makes features (B, F), and a matrix for each task."""

    def __init__(self, body: nn.Module, features: int) -> None:
        super().__init__()
        self.body = body
        self.heads = nn.ModuleList(nn.Linear(features, size) for size in (3, 1))

    def forward(self, *inputs: Tensor) -> list[Tensor]:
        features = self.body(*inputs)
        return [head(features) for head in self.heads]


class Bert(nn.Module):
    """A small BERT as its own package makes it from a configuration; the first token's features."""

    def __init__(self) -> None:
        super().__init__()
        from transformers import BertConfig, BertModel

        self.model = BertModel(
            BertConfig(
                vocab_size=100,
                hidden_size=32,
                num_hidden_layers=2,
                num_attention_heads=4,
                intermediate_size=64,
                max_position_embeddings=32,
            )
        )

    def forward(self, tokens: Tensor, attended: Tensor) -> Tensor:
        output: Tensor = self.model(input_ids=tokens, attention_mask=attended).pooler_output
        return output


def _twice(given: int, made: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for first in (given, made):
        layers += [nn.Conv2d(first, made, 3, padding=1, bias=False), nn.BatchNorm2d(made)]
        layers.append(nn.ReLU())
    return nn.Sequential(*layers)


class UNet(nn.Module):
    """A small U-Net for two tasks: transposed convolutions up, skip connections side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.ModuleList([_twice(3, 16), _twice(16, 32), _twice(32, 64)])
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * c, c, 2, stride=2) for c in (32, 16))
        self.across = nn.ModuleList(_twice(2 * c, c) for c in (32, 16))
        self.heads = nn.ModuleList(nn.Conv2d(16, size, 1) for size in (3, 1))

    def forward(self, images: Tensor) -> list[Tensor]:
        kept = []
        for layers in self.down:
            images = layers(nn.functional.max_pool2d(images, 2) if kept else images)
            kept.append(images)
        for up, layers, skipped in zip(self.up, self.across, kept[-2::-1], strict=True):
            images = layers(torch.cat([skipped, up(images)], dim=1))
        return [head(images) for head in self.heads]


@dataclass(frozen=True)
class Entry:
    """A network of the zoo: how it is made, raw inputs (B, …), and what it needs."""

    make: Callable[[], nn.Module]
    inputs: Callable[[int], Inputs]
    needs: str = "torch"


def _images(side: int) -> Callable[[int], Inputs]:
    return lambda count: torch.randn(count, 3, side, side)


def _sentences(count: int) -> Inputs:
    attended = torch.arange(12) < torch.randint(4, 13, (count, 1))
    return torch.randint(0, 100, (count, 12)), attended.long()


def _of_torchvision(name: str, last: str, features: int, **options: Any) -> Callable[[], nn.Module]:
    def make() -> nn.Module:
        import torchvision

        body = getattr(torchvision.models, name)(weights=None, **options)
        body.set_submodule(last, nn.Identity())
        return TwoHeads(body, features)

    return make


def _of_timm(name: str, **options: Any) -> Callable[[], nn.Module]:
    def make() -> nn.Module:
        import timm

        body = timm.create_model(name, pretrained=False, num_classes=0, **options)
        return TwoHeads(body, body.num_features)

    return make


VISION, TIMM = "torchvision", "timm"
ZOO = {
    "swin_t": Entry(_of_torchvision("swin_t", "head", 768), _images(64), VISION),
    "densenet121": Entry(_of_torchvision("densenet121", "classifier", 1024), _images(32), VISION),
    "convnext_tiny": Entry(
        _of_torchvision("convnext_tiny", "classifier.2", 768), _images(64), VISION
    ),
    "efficientnet_b0": Entry(
        _of_torchvision("efficientnet_b0", "classifier.1", 1280), _images(64), VISION
    ),
    "resnet18": Entry(_of_torchvision("resnet18", "fc", 512), _images(64), VISION),
    "mobilenet_v3_small": Entry(
        _of_torchvision("mobilenet_v3_small", "classifier.3", 1024), _images(64), VISION
    ),
    "vit": Entry(
        _of_torchvision("vit_b_16", "heads.head", 768, image_size=32), _images(32), VISION
    ),
    "regnetx_002": Entry(_of_timm("regnetx_002"), _images(64), TIMM),
    "regnety_002": Entry(_of_timm("regnety_002"), _images(64), TIMM),
    "bert": Entry(lambda: TwoHeads(Bert(), 32), _sentences, "transformers"),
    "unet": Entry(UNet, _images(32)),
}


@torch.no_grad()
def disturb(network: nn.Module, inputs: Inputs) -> int:
    """Zero half of the rows of each layer that counts, and give the number of these layers."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor in (module.weight, module.bias, module.running_mean):
                tensor.uniform_(-0.5, 0.5)
            module.weight.add_(1)
            module.running_var.uniform_(0.5, 1.5)
    for name, parameter in network.named_parameters():
        if "layer_scale" in name:
            parameter.uniform_(0.5, 1.0)
    layers = counted_layers(find_layers(network, inputs))
    for layer in layers:
        rows = torch.rand(layer.rows) < 0.5
        network.get_parameter(layer.name)[:, rows] = 0
    return len(layers)


@dataclass(frozen=True)
class Found:
    """A row of the table; the largest difference is relative to the largest output."""

    name: str
    layers: int
    before: int
    after: int
    difference: float
    seconds: float

    @property
    def line(self) -> str:
        verdict = "" if self.difference <= ALLOWED else "  TOO LARGE"
        return (
            f"{self.name:<20}{self.layers:>7}{self.before:>13,}{self.after:>13,}"
            f"{self.after / self.before:>7.0%}{self.difference:>10.1e}{self.seconds:>6.0f} s"
        ) + verdict


def try_network(name: str, entry: Entry, folder: Path) -> Found:
    """Zero rows, compact, export, read again and compare."""
    started = time.perf_counter()
    torch.manual_seed(SEED)
    network = entry.make().eval()
    inputs = entry.inputs(max(BATCHES))
    layers = disturb(network, inputs)
    outputs = network(*tensors_of(inputs).values())
    samples = Samples(inputs, tuple(output.detach() for output in outputs))
    tasks = [Task(f"task{place}", mse_loss) for place in range(len(outputs))]
    problem = Problem(
        name=name,
        tasks=tasks,
        train=samples,
        val=samples,
        test=samples,
        networks={"own": lambda: network},
        prepare=same,
    )
    dense = AsUsed(problem, network).eval()
    few = {f"inputs{place}": t[:2] for place, t in enumerate(tensors_of(inputs).values())}
    graph = traced(dense, few, name)
    fold_batch_norms(graph)
    small = compacted(graph)
    described = {name: str(tuple(tensor.shape)) for name, tensor in few.items()}
    shapes = {task.name: output.shape[1:] for task, output in zip(tasks, outputs, strict=True)}
    functions: dict[str, Any] = {
        "module": write_plain(small, python_source(small, name, described, shapes), folder)
    }
    for kind in _exact_formats():
        form = FORMATS[kind]
        form.write(functions["module"], list(shapes), few, folder)
        functions[kind] = form.read(folder)
    return Found(
        name,
        layers,
        before=sum(parameter.numel() for parameter in network.parameters()),
        after=sum(parameter.numel() for parameter in functions["module"].parameters()),
        difference=max(_difference(dense, other, inputs) for other in functions.values()),
        seconds=time.perf_counter() - started,
    )


def _exact_formats() -> list[str]:
    return [name for name, form in FORMATS.items() if not form.lossy]


def same(inputs: Inputs) -> Inputs:
    """Inputs as the network takes them."""
    return inputs


@torch.no_grad()
def _difference(dense: nn.Module, other: Any, inputs: Inputs) -> float:
    """The largest difference of an output, over the largest output of its task."""
    found = 0.0
    for size in BATCHES:
        batch = [tensor[:size] for tensor in tensors_of(inputs).values()]
        for one, two in zip(dense(*batch), other(*batch), strict=True):
            assert one.shape == two.shape
            found = max(found, float((one - two).abs().max() / one.abs().max()))
    return found


def main() -> int:
    """Try the networks, print a line each, and fail where one's outputs differ."""
    parser = argparse.ArgumentParser(prog="python -m tests.studies.exported_zoo")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(ZOO))
    names = parser.parse_args().names or list(ZOO)
    print(f"{'network':<20}{'layers':>7}{'parameters':>13}{'exported':>13}{'':>7}{'error':>10}")
    failed = 0
    for name in names:
        entry = ZOO[name]
        if importlib.util.find_spec(entry.needs) is None:
            print(f"{name:<20} left out: it needs {entry.needs}", flush=True)
            continue
        with tempfile.TemporaryDirectory() as folder:
            found = try_network(name, entry, Path(folder))
        failed += not found.difference <= ALLOWED
        print(found.line, flush=True)
    print("formats: module, " + ", ".join(_exact_formats()))
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())

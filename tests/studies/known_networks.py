"""Twelve kinds of networks from `check` over a sparse sweep to ONNX, beside torch-pruning.

    python -m tests.studies.known_networks [NAME ...]

Each is small, has two heads, and is trained for some dozens of steps on random data with a weight
that makes many rows zero: it is no good, but its zero rows are those of a real search. A line says
how many parameters the dense and the exported network have, how large the file of ONNX is, how far
the outputs are apart (relative to the largest), and to how many parameters torch-pruning comes that
may take out what all that read it hold at zero. Networks of a package that is missing are left out.
"""

import argparse
import importlib.util
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.functional import mse_loss

import paretocli
from paretocli.core.inputs import Inputs, tensors_of
from paretocli.networks.generic import generic_mtan
from paretocli.problems import Defaults, Problem, Samples, Task
from tests.studies.exported_zoo import Bert, TwoHeads, UNet, same
from tests.studies.pruned import ALLOWED, pruned_parameters

COUNTS = {"train": 32, "val": 8, "test": 8}
PACKAGES = ("torch", "torchvision", "transformers", "onnx", "torch-pruning")
IMAGES, SERIES, ROWS = (3, 32, 32), (10, 12), (20,)
WEIGHTS = [0.98, 0.01, 0.01]


class Recurrent(nn.Module):
    """The last state of two recurrent layers, and a matrix on it."""

    def __init__(self, layer: Callable[..., nn.Module]) -> None:
        super().__init__()
        self.layer, self.after = layer(12, 32, num_layers=2, batch_first=True), nn.Linear(32, 32)

    def forward(self, series: Tensor) -> Tensor:
        return self.after(self.layer(series)[0][:, -1]).relu()


class Encoder(nn.Module):
    """A transformer of torch's own layers on series."""

    def __init__(self) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(32, 4, 64, dropout=0.0, batch_first=True)
        self.first = nn.Linear(12, 32)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)

    def forward(self, series: Tensor) -> Tensor:
        return self.layers(self.first(series)).mean(dim=1)


class Experts(nn.Module):
    """MMoE: experts that each task mixes by a gate of its own."""

    def __init__(self, experts: int = 4, width: int = 24) -> None:
        super().__init__()
        self.experts = nn.ModuleList(
            nn.Sequential(nn.Linear(*ROWS, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU())
            for _ in range(experts)
        )
        self.gates = nn.ModuleList(nn.Linear(*ROWS, experts) for _ in range(2))
        self.heads = nn.ModuleList(nn.Linear(width, size) for size in (3, 1))

    def forward(self, rows: Tensor) -> list[Tensor]:
        found = torch.stack([expert(rows) for expert in self.experts], dim=1)
        shares = [gate(rows).softmax(dim=1).unsqueeze(2) for gate in self.gates]
        return [head((s * found).sum(dim=1)) for head, s in zip(self.heads, shares, strict=True)]


def _resnet() -> nn.Module:
    from torchvision.models.resnet import BasicBlock, ResNet

    body = ResNet(BasicBlock, [2, 2, 2, 2])
    body.conv1, body.maxpool, body.fc = nn.Conv2d(3, 64, 3, 2, 1), nn.Identity(), nn.Identity()
    return TwoHeads(body, 512)


def _mobilenet() -> nn.Module:
    from torchvision.models import MobileNetV2

    blocks = [[1, 8, 1, 1], [4, 16, 2, 2], [4, 24, 2, 2]]
    body = MobileNetV2(inverted_residual_setting=blocks, dropout=0.0)
    body.classifier = nn.Identity()
    return TwoHeads(body, 1280)


def _densenet() -> nn.Module:
    from torchvision.models import DenseNet

    body = DenseNet(growth_rate=8, block_config=(3, 3), num_init_features=16)
    features = body.classifier.in_features
    body.classifier = nn.Identity()
    return TwoHeads(body, features)


def _efficientnet() -> nn.Module:
    from torchvision.models.efficientnet import EfficientNet, MBConvConfig

    settings = [MBConvConfig(e, 3, 2, a, b, 2) for e, a, b in ((1, 16, 8), (4, 8, 16), (4, 16, 32))]
    body = EfficientNet(settings, dropout=0.0, stochastic_depth_prob=0.0, last_channel=128)
    body.classifier = nn.Identity()
    return TwoHeads(body, 128)


def _convnext() -> nn.Module:
    from torchvision.models.convnext import CNBlockConfig, ConvNeXt

    settings = [CNBlockConfig(24, 48, 2), CNBlockConfig(48, 96, 2), CNBlockConfig(96, None, 2)]
    body = ConvNeXt(settings, stochastic_depth_prob=0.0, layer_scale=0.5)
    body.classifier[2] = nn.Identity()
    return TwoHeads(body, 96)


def _vit() -> nn.Module:
    from torchvision.models import VisionTransformer

    body = VisionTransformer(32, 8, 2, 4, 48, 96)
    body.heads = nn.Identity()
    return TwoHeads(body, 48)


def _random(shape: tuple[int, ...]) -> Callable[[int], Inputs]:
    return lambda count: torch.randn(count, *shape)


def _sentences(count: int) -> Inputs:
    attended = torch.arange(12) < torch.randint(4, 13, (count, 1))
    return torch.randint(0, 100, (count, 12)), attended.long()


@dataclass(frozen=True)
class Kind:
    """A network: how it is made, its inputs (B, …), and the package that it needs."""

    make: Callable[[], nn.Module]
    inputs: Callable[[int], Inputs]
    needs: str = "torchvision"


KINDS = {
    "resnet18": Kind(_resnet, _random(IMAGES)),
    "mobilenet": Kind(_mobilenet, _random(IMAGES)),
    "densenet": Kind(_densenet, _random(IMAGES)),
    "efficientnet": Kind(_efficientnet, _random(IMAGES)),
    "convnext": Kind(_convnext, _random(IMAGES)),
    "vit": Kind(_vit, _random(IMAGES)),
    "unet": Kind(UNet, _random(IMAGES), "torch"),
    "mtan": Kind(lambda: generic_mtan(IMAGES, (3, 1)), _random(IMAGES), "torch"),
    "bert": Kind(lambda: TwoHeads(Bert(), 32), _sentences, "transformers"),
    "transformer": Kind(lambda: TwoHeads(Encoder(), 32), _random(SERIES), "torch"),
    "mmoe": Kind(Experts, _random(ROWS), "torch"),
    "gru": Kind(lambda: TwoHeads(Recurrent(nn.GRU), 32), _random(SERIES), "torch"),
}


def problem_of(name: str, kind: Kind) -> Problem:
    """Random data for a network, whatever its outputs."""
    torch.manual_seed(0)
    inputs = {split: kind.inputs(count) for split, count in COUNTS.items()}
    network = kind.make().eval()
    with torch.no_grad():
        shapes = [output.shape[1:] for output in network(*tensors_of(inputs["val"]).values())]
    splits = {
        split: Samples(given, tuple(torch.randn(COUNTS[split], *shape) for shape in shapes))
        for split, given in inputs.items()
    }
    return Problem(
        name=name,
        tasks=[Task(f"task{place}", mse_loss) for place in range(len(shapes))],
        **splits,
        prepare=same,
        networks={"own": kind.make},
        defaults=Defaults(network="own", epochs=4, retrain_epochs=1, batch_size=4, lr=0.02),
    )


def try_network(name: str, kind: Kind, folder: Path, groups: str) -> tuple[str, bool]:
    """Check, sweep and export; gives a line of the table, and whether all went well."""
    problem = problem_of(name, kind)
    faults = paretocli.check(problem, device="cpu").failures
    if faults:
        return f"{name:<14} {faults[0]}", False
    run = paretocli.sweep(
        problem,
        weights=[WEIGHTS],
        groups=groups,
        out=folder / "run",
        progress=False,
        device="cpu",
        threads=1,
        jobs=1,
    )
    found = run.export(0, folder / "small", ("onnx",))
    network = kind.make().eval()
    network.load_state_dict(load_file(folder / "run" / "points" / "0000.safetensors"))
    other = pruned_parameters(network, tuple(tensors_of(problem.val.inputs).values()))
    apart = max(
        difference / max(found.largest_outputs[task], 1e-6)
        for differences in found.differences.values()
        for task, difference in differences.items()
    )
    before, after = found.before.parameters, found.after.parameters
    line = (
        f"{name:<14}{before:>11,}{after:>11,}{after / before:>6.0%}"
        f"{found.after.bytes['network.onnx']:>12,}{apart:>9.1e}  {other}"
    )
    return line + ("" if apart <= ALLOWED else "  TOO FAR APART"), apart <= ALLOWED


def main() -> int:
    """Try the networks, print a line each, and fail where one does."""
    parser = argparse.ArgumentParser(prog="python -m tests.studies.known_networks")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(KINDS))
    parser.add_argument("--groups", default="streams")
    given = parser.parse_args()
    torch.set_num_threads(1)
    head = f"{'network':<14}{'parameters':>11}{'exported':>11}{'':>6}{'ONNX bytes':>12}"
    print(f"{head}{'apart':>9}  torch-pruning")
    failed = 0
    for name in given.names or KINDS:
        kind = KINDS[name]
        if not _there(kind.needs):
            print(f"{name:<14} left out: it needs {kind.needs}", flush=True)
            continue
        with tempfile.TemporaryDirectory() as folder:
            line, well = try_network(name, kind, Path(folder), given.groups)
        failed += not well
        print(line, flush=True)
    print(", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES if _there(name)))
    return int(failed > 0)


def _there(package: str) -> bool:
    return importlib.util.find_spec(package.replace("-", "_")) is not None


if __name__ == "__main__":
    sys.exit(main())

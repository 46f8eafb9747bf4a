"""A folder that was exported, of a network that takes several inputs by name."""

import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

from paretocli.core.problem import Problem, Samples, Task
from paretocli.exporting.export import export_point
from paretocli.exporting.point import SolvedPoint
from paretocli.exporting.verifying.verified_files import CHECKSUMS, checksum_of, list_of

COUNT = 11


class TwoInputs(nn.Module):
    """Numbers and words by name, as a dictionary batch hands them over."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(7, 4)
        self.hidden = nn.Linear(4 + 3, 8)
        self.heads = nn.ModuleList(nn.Linear(8, 2) for _ in range(2))

    def forward(self, numbers, words):
        both = torch.cat([numbers.float(), self.words(words).mean(dim=1)], dim=1)
        return [head(torch.relu(self.hidden(both))) for head in self.heads]


class Several(TwoInputs):
    """Of one task two tensors, of which one holds whole numbers."""

    def forward(self, numbers, words):
        first, second = super().forward(numbers, words)
        return first, {"value": second, "sign": second.argmax(dim=1)}


def squared(output, target):
    return ((output - target) ** 2).mean(dim=1)


def first_part(output, target):
    return squared(output["value"], target)


def solved_point(folder: Path) -> SolvedPoint:
    torch.manual_seed(0)
    network = Several().eval()
    with torch.no_grad():
        for head in network.heads:
            head.weight[:, 2:6] = 0
    inputs = {"numbers": torch.randn(COUNT, 3).double(), "words": torch.randint(0, 7, (COUNT, 5))}
    samples = Samples(inputs, (torch.randn(COUNT, 2), torch.randn(COUNT, 2)))
    problem = Problem(
        name="several",
        tasks=[
            Task("a b", squared, {"error": squared}),
            Task("parts|x", first_part, {"error": first_part}),
        ],
        train=samples,
        val=samples,
        test=samples,
        prepare=lambda inputs: inputs,
        networks={"own": Several},
    )
    file = folder / "point.safetensors"
    save_file(network.state_dict(), file)
    record = {"point": 3, "weights": [0.5, 0.5]}
    return SolvedPoint(folder / "run", record, problem, network, file)


def exported_folder(folder: Path, formats=("program", "onnx")):
    """The folder, and what export says of it."""
    return folder / "out", export_point(solved_point(folder), folder / "out", formats, threads=1)


def copied(folder: Path, to: Path) -> Path:
    shutil.copytree(folder, to / "copy")
    return to / "copy"


def checksums_made_anew(folder: Path) -> None:
    """As somebody would who changed a file and does not want that to be seen."""
    listed = json.loads((folder / CHECKSUMS).read_bytes())["files"]
    content = list_of({name: checksum_of(folder / name) for name in listed})
    (folder / CHECKSUMS).write_bytes(content)

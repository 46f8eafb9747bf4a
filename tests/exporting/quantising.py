"""Small networks with labels that they get right, as files and as what is written of them."""

import torch
from torch import nn

from paretocli.core.problem import Problem, Samples
from paretocli.exporting.fewer_bits.trials import Network
from paretocli.exporting.fewer_bits.variants import Exact
from paretocli.exporting.formats import FORMATS
from paretocli.exporting.onnx_file import ONNX
from paretocli.problems.classification import classification

SIZES = (64, 150, 80)


class Pooled(nn.Module):
    """Two convolutions, pooling before ReLU, and two heads, on images of bytes."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 6, 3), nn.MaxPool2d(2), nn.ReLU(), nn.Conv2d(6, 8, 3), nn.ReLU()
        )
        self.hidden = nn.Linear(8, 24)
        self.left, self.right = nn.Linear(24, 5), nn.Linear(24, 3)

    def forward(self, images):
        features = torch.relu(self.hidden(self.body(images.float() / 255).flatten(1)))
        return self.left(features), self.right(features)


def images(count):
    return torch.randint(0, 256, (count, 1, 8, 8), dtype=torch.uint8)


def problem_of(network, inputs=images, sizes=SIZES):
    """Two tasks of classes, whose labels are what the network says."""

    def split(count):
        given = inputs(count)
        with torch.no_grad():
            outputs = network(**given) if isinstance(given, dict) else network(given)
        return Samples(given, tuple(output.argmax(dim=1) for output in outputs))

    train, val, test = map(split, sizes)
    names = ("left", "right")
    classes = [int(max(s.targets[k].max() for s in (train, val, test))) + 1 for k in range(2)]
    return Problem(
        name="certain",
        tasks=[classification(name, count) for name, count in zip(names, classes, strict=True)],
        train=train,
        val=val,
        test=test,
        prepare=lambda inputs: inputs,
        networks={"own": type(network)},
        evaluation_batch=64,
    )


def network_of(network, problem, names):
    """What `write_lossy` gets of a network that nobody made smaller."""
    given = problem.test.rows(slice(2)).inputs
    few = given if isinstance(given, dict) else {names[0]: given}
    with torch.no_grad():
        form = network(*few.values())
    tasks = [task.name for task in problem.tasks]
    return Network(problem, network, network, tasks, few, form, {1: [t[:1] for t in few.values()]})


def exact_of(written, folder):
    """Its file in single precision."""
    FORMATS["onnx"].write(written.small, written.names, written.few, folder)
    parameters = {name: t.detach().numpy() for name, t in written.small.state_dict().items()}
    batch = {name: t.numpy() for name, t in written.few.items()}
    return Exact(folder / ONNX, parameters, lambda: iter([batch]))

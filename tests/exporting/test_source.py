"""Graphs as Python modules of their own."""

import ast

import pytest
import torch
from torch import nn

from paretocli.exporting.formats import FORMATS
from paretocli.exporting.plain import write_plain
from paretocli.exporting.source import python_source
from paretocli.networks.mtan import MTAN
from paretocli.printable import one_line
from tests.compaction.networks import IMAGES, Grouped, Residual, Transformer, small, zero_rows

WORDS = torch.randn(4, 5, 8, generator=torch.Generator().manual_seed(2))
NETWORKS = {
    "residual": (Residual, IMAGES),
    "grouped": (Grouped, IMAGES),
    "transformer": (Transformer, WORDS),
    "mtan": (lambda: MTAN(((4, 1), (6, 2)), [5, 1]), IMAGES),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_every_form_gives_the_same_outputs(name, tmp_path):
    make, inputs = NETWORKS[name]
    torch.manual_seed(0)
    network = make()
    zero_rows(network, inputs, 0.5, seed=4)
    graph = small(network, inputs)
    outputs = graph(inputs)
    names = [f"task{place}" for place in range(len(outputs))]
    shapes = {name: tuple(o.shape[1:]) for name, o in zip(names, outputs, strict=True)}
    plain = write_plain(
        graph, python_source(graph, "A title.", {"inputs": "float32"}, shapes), tmp_path
    )
    functions = [plain]
    for form in (FORMATS["program"], FORMATS["onnx"]):
        form.write(plain, names, {"inputs": inputs[:2]}, tmp_path)
        functions.append(form.read(tmp_path))
    with torch.no_grad():
        for function in functions:
            for size in (1, len(inputs)):
                for one, other in zip(function(inputs[:size]), graph(inputs[:size]), strict=True):
                    torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_what_was_trained_can_be_trained_on(tmp_path):
    """Weights are parameters; statistics of batch norm and places are not."""
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.BatchNorm2d(4), nn.Flatten())
    graph = small(network, IMAGES)
    plain = write_plain(
        graph, python_source(graph, "A.", {"inputs": "floats"}, {"a-b": (4,)}), tmp_path
    )
    assert len(list(plain.parameters())) == 4
    assert len(list(plain.buffers())) == 2
    assert "a_b, = network(inputs)" in (tmp_path / "network.py").read_text()


def written(network, inputs, folder):
    """The module that is written of a network with one output, and read again."""
    graph = small(network, inputs)
    text = python_source(graph, "A title.", {"inputs": "numbers"}, {"task": (3,)})
    return write_plain(graph, text, folder)


def test_parameters_are_what_was_one(tmp_path):
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("scale", torch.rand(6))
            self.layer = nn.Linear(6, 3)

        def forward(self, inputs):
            return self.layer(inputs * self.scale)

    plain = written(Scaled(), torch.randn(4, 6), tmp_path)
    assert [tuple(p.shape) for p in plain.parameters()] == [(3, 6), (3,)]
    assert [tuple(b.shape) for b in plain.buffers()] == [(6,)]


def test_a_change_of_type_that_names_a_layout(tmp_path):
    class Counts(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(6, 3)

        def forward(self, inputs):
            kind = {"dtype": torch.float32, "layout": torch.strided, "pin_memory": False}
            return self.layer(torch.ops.aten._to_copy(inputs, **kind))

    network, inputs = Counts(), torch.randint(0, 9, (4, 6))
    plain = written(network, inputs, tmp_path)
    torch.testing.assert_close(plain(inputs)[0], network(inputs))


HOSTILE = (
    '"""\nraise SystemExit("code ran")\n"""',
    'ends with a quote"',
    "ends with a backslash\\",
    '\\"""; raise SystemExit(1) #',
    "{title} {0} %s \\N{no such name} \\x",
    "\r\x0c\0 \ud800 \u2028",
    "',\"",
    "\u00b2 of the superscripts",
)


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_text_and_never_code(name, tmp_path):
    """Of a problem, an input and a task."""
    torch.manual_seed(0)
    network, inputs = nn.Linear(6, 3), torch.randn(4, 6)
    graph = small(network, inputs)
    text = python_source(graph, name, {name: name}, {name: (3,), "other": ()})
    plain = write_plain(graph, text, tmp_path)
    torch.testing.assert_close(plain(inputs)[0], network(inputs))
    (docstring, *imports) = ast.parse((tmp_path / "network.py").read_bytes()).body
    shown = [one_line(name), f"{one_line(name)}: (B, 3)", "other: (B,)"]
    assert all(words in docstring.value.value for words in shown)
    assert [type(node) for node in imports] == [
        ast.ImportFrom,
        *[ast.Import] * 2,
        *[ast.ImportFrom] * 2,
        ast.ClassDef,
        ast.FunctionDef,
    ]

"""The form in which every network is written: Python source, and its weights."""

from pathlib import Path
from typing import Any

from safetensors.torch import save
from torch import fx, nn

PLAIN = "network.py"
WEIGHTS = "network.safetensors"


def write_plain(module: fx.GraphModule, source: str, folder: Path) -> nn.Module:
    """Write a graph as Python source with its weights, and load it from there.

    Args:
        module: The graph.
        source: Its text, from `paretocli.exporting.source.python_source`.
        folder: Where to.
    """
    (folder / PLAIN).write_text(source, encoding="utf-8")
    # Not by `save_file`, whose files nobody else may read.
    content = save({k: t.contiguous() for k, t in module.state_dict().items()})
    (folder / WEIGHTS).write_bytes(content)
    return read_plain(folder)


def read_plain(folder: Path) -> nn.Module:
    """The network from its Python source and weights; an import would leave a cache there."""
    path = folder / PLAIN
    names: dict[str, Any] = {"__name__": "exported_network", "__file__": str(path)}
    exec(compile(path.read_bytes(), path, "exec"), names)
    network: nn.Module = names["load"]()
    return network

"""What a sweep's networks start from: fresh parameters, or one point of an earlier sweep."""

import hashlib
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from paretocli.config import SweepConfig
from paretocli.errors import InputError
from paretocli.networks.initialisation import lsuv
from paretocli.networks.registry import build_network
from paretocli.problems.problem import Problem
from paretocli.sparsity.layers import Layer, find_layers
from paretocli.sparsity.objective import SparsityObjective, SparsitySettings
from paretocli.sparsity.pattern import Pattern, present_pattern
from paretocli.sweep.records import point_name

SPARSITY = "sparsity"
LSUV_SAMPLES = 256
TRACED_SAMPLES = 2


def fresh_network(name: str, init: str, problem: Problem, seed: int) -> nn.Module:
    """A network with new parameters.

    Args:
        name: Of the network.
        init: `default` for each layer's own initialisation, or `lsuv`.
        problem: What the network is for; LSUV looks at its first training inputs.
        seed: Seed of the parameters.
    """
    network = build_network(name, problem, seed)
    if init == "lsuv":
        lsuv(network, problem.prepare(problem.train.rows(slice(LSUV_SAMPLES)).inputs), seed=seed)
    return network


def network_layers(network: nn.Module, problem: Problem) -> tuple[Layer, ...]:
    """The network's matrices and convolutions."""
    return find_layers(network, problem.prepare(problem.train.rows(slice(TRACED_SAMPLES)).inputs))


def stored_names(network: nn.Module) -> dict[str, str]:
    """For each name in a network's state, the one that its tensor has in a population.

    So a point's file is what the network's own `load_state_dict` takes: tied parameters have
    several names there, and buffers that are not persistent have none.
    """
    own = {id(t): name for name, t in (*network.named_parameters(), *network.named_buffers())}
    state = network.state_dict(keep_vars=True)
    return {name: own[id(tensor)] for name, tensor in state.items() if id(tensor) in own}


def sparsity_objective(
    config: SweepConfig, network: nn.Module, problem: Problem
) -> SparsityObjective | None:
    """f_0 as the sweep is configured, None where it is no objective."""
    if not config.sparsity:
        return None
    layers = network_layers(network, problem)
    return SparsityObjective(
        [layer for layer in layers if layer.name in config.sparse_layers],
        SparsitySettings(
            theta=config.theta,
            slope=config.theta_slope,
            relative=config.sparsity_scale == "relative",
            max_layer_sparsity=config.max_layer_sparsity,
        ),
        torch.device(config.device),
    )


def point_file(point: Path) -> Path:
    """The network of a point named by its file, by a run directory with one point, or DIR:POINT.

    Raises:
        InputError: There is no such file, or the directory holds several points.
    """
    if point.suffix == ".safetensors" or point.is_file():
        file = point
    elif point.is_dir():
        found = sorted((point / "points").glob("*.safetensors"))
        if len(found) != 1:
            raise InputError(
                f"{point} holds {len(found)} finished points where one was expected; name the "
                f"point, as in {point}:0."
            )
        file = found[0]
    else:
        directory, colon, number = str(point).rpartition(":")
        if not (colon and number.isdecimal()):
            raise InputError(
                f"There is no point {point}; name a run directory and a point, as in runs/a:3, or "
                "a .safetensors file."
            )
        file = Path(directory) / "points" / f"{point_name(int(number))}.safetensors"
    if not file.is_file():
        raise InputError(f"There is no file {file}; check the run directory and the point.")
    return file


def file_checksum(file: Path) -> str:
    """SHA-256 of a file's content."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def read_point(file: Path) -> dict[str, Tensor]:
    """The parameters and buffers of a point.

    Raises:
        InputError: The file cannot be read.
    """
    try:
        tensors: dict[str, Tensor] = load_file(file)
    except (OSError, SafetensorError) as error:
        raise InputError(
            f"{file} cannot be read ({error}); name the network of a finished point."
        ) from None
    return tensors


def load_point(file: Path, network: nn.Module) -> None:
    """Take over the parameters and buffers of a point.

    Raises:
        InputError: The file cannot be read, or belongs to another network.
    """
    tensors = read_point(file)
    _refuse_other_network(file, tensors, network)
    network.load_state_dict(tensors)


def pattern_of(
    network: nn.Module, layers: tuple[Layer, ...], size: int, device: torch.device
) -> Pattern:
    """The zero rows and equal rows of a network, for each of `size` copies of it on a device."""
    weights = dict(network.named_parameters())
    # What the network has frozen itself stays without a pattern.
    trained = [layer.name for layer in layers if layer.trained]
    single = present_pattern({name: weights[name].unsqueeze(0) for name in trained})
    return Pattern(
        {n: rows.expand(size, -1).to(device) for n, rows in single.representatives.items()}
    )


def _refuse_other_network(file: Path, tensors: Mapping[str, Tensor], network: nn.Module) -> None:
    own = network.state_dict()
    if set(tensors) != set(own):
        name = sorted(set(tensors) ^ set(own))[0]
        where = "the network asked for has none" if name in tensors else "it has none"
        raise InputError(
            f"{file} is a point of another network ({name}: {where}); choose the same --network."
        )
    for name, tensor in own.items():
        if tensors[name].shape != tensor.shape:
            raise InputError(
                f"{file} is a point of another network ({name} has the shape "
                f"{tuple(tensors[name].shape)}, here {tuple(tensor.shape)}); choose the same "
                "problem and --network."
            )


def transferred_names(config: SweepConfig, network: nn.Module) -> tuple[str, ...]:
    """The trained parameters and the buffers of floats that take part in transfer.

    Raises:
        InputError: A pattern matches none.
    """
    names = [name for name, p in network.named_parameters() if p.requires_grad]
    names += [name for name, b in network.named_buffers() if b.is_floating_point()]
    for pattern in config.transfer_tensors:
        if not any(fnmatch(name, pattern) for name in names):
            raise InputError(
                f"--transfer-tensors {pattern} matches no parameter of the network "
                f"{config.network}; there are {', '.join(names)}."
            )
    return tuple(n for n in names if any(fnmatch(n, p) for p in config.transfer_tensors))

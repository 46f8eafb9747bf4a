"""Weights that all points start from: read from a file, and kept beside the points.

The run directory keeps what was taken over, so that it goes on wherever it is, and knows it by its
checksum, whatever file it came from.
"""

import hashlib
import io
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load, save
from torch import Tensor, nn

from paretocli.atomic import write_bytes
from paretocli.errors import InputError
from paretocli.lists import some_of
from paretocli.networks.fitting import Fit, fit_of, is_extra, take_over
from paretocli.run_directory.files import DamagedError, read_bytes
from paretocli.run_directory.networks import MOST_BYTES
from paretocli.run_directory.points import POINTS
from paretocli.sparsity.layers import row_norms
from paretocli.sweeping.point_files import point_file, read_point

Tensors = Mapping[str, Tensor]

FILE = "start.safetensors"  # in a run directory

_REMEDY = "save the network's state_dict() with torch.save, or as safetensors"


@dataclass(frozen=True)
class Pretrained:
    """What points start from.

    Attributes:
        source: As the user named it.
        module: The module that it is for, empty for the whole network.
        fit: What of it fits the network.
    """

    source: str
    module: str
    fit: Fit

    @property
    def tensors(self) -> Tensors:
        """What is taken over, by the network's names."""
        return self.fit.tensors

    @property
    def text(self) -> str:
        """What is taken over, and what is not, in words."""
        fit = self.fit
        where = f" into {self.module}" if self.module else ""
        share = f"{fit.parameters:,} of the network's {fit.of:,} parameters"
        return "; ".join([f"{self.source}{where}: {share}", *fit.differences])

    def content(self) -> dict[str, Any]:
        """The same by name, for JSON."""
        return {
            "from": self.source,
            "at": self.module,
            "loaded": list(self.fit.tensors),
            "missing": list(self.fit.missing),
            "unexpected": list(self.fit.unexpected),
            "other_shape": dict(self.fit.other_shape),
            "parameters": self.fit.parameters,
        }


def started(
    network: nn.Module, file: Path, module: str = "", *, partly: bool = False
) -> Pretrained:
    """Have a network start from the weights in a file.

    Args:
        network: It takes them over.
        file: What `torch.save` wrote of a `state_dict`, alone or as the one of its kind in a
            dictionary, safetensors, or a point of a sweep, as `point_file` takes it.
        module: The module that they are for, empty for the whole network.
        partly: Whether it will do that some of them fit.

    Raises:
        InputError: The file cannot be read, holds something else or numbers that are not finite,
            or does not fit.
    """
    fit = fit_of(network, _read(file), module)
    if not fit.tensors or not (partly or fit.whole):
        advice = "choose the --network that they are of, or --start-at with a module of it"
        if fit.tensors:
            advice += ", or take over what fits with --start-partly"
        whom = f"the module {module}" if module else "the network"
        what = "; ".join(fit.differences)
        raise InputError(f"The weights in {file} do not fit {whom} ({what}); {advice}.")
    strange = [n for n, t in fit.tensors.items() if not bool(t.isfinite().all())]
    if strange:
        raise InputError(
            f"The weights in {file} hold numbers that are not finite (in {some_of(strange)}); "
            "give those of a network that is sound."
        )
    take_over(network, fit.tensors)
    return Pretrained(str(file), module, fit)


def asked_for(chosen: Mapping[str, Any], network: nn.Module, *, frozen: bool) -> Pretrained | None:
    """Have a network start from what the options name, None where they name nothing.

    Args:
        chosen: The values of all options, by name.
        network: A new one.
        frozen: Whether there is a point already whose zero rows are kept.

    Raises:
        InputError: As of `started`, or another option says what networks start with.
    """
    file = chosen["start_from"]
    if file is None:
        return None
    for flag, given, does in (
        ("--freeze-sparsity", frozen, "names a point that all start from"),
        ("--init lsuv", chosen["init"] != "default", "gives all layers weights"),
    ):
        if given:
            raise InputError(
                f"{flag} {does}, and so does --start-from {file}; leave one of them out."
            )
    return started(network, file, chosen["start_at"], partly=chosen["start_partly"])


def notes_on(
    pretrained: Pretrained | None, network: nn.Module, counted: Collection[str]
) -> list[str]:
    """What a user should know of what points start from, a sentence each.

    Args:
        pretrained: What they start from.
        network: It has taken that over.
        counted: The names of the layers whose rows sparsity counts.
    """
    if pretrained is None:
        return []
    notes = [] if pretrained.fit.whole else [f"All points start from {pretrained.text}."]
    weights = {name: network.get_parameter(name) for name in counted}
    zero = sum(int((row_norms(w.detach().unsqueeze(0)) == 0).sum()) for w in weights.values())
    if zero:
        rows = sum(weight.shape[1] for weight in weights.values())
        notes.append(
            f"Of the {rows:,} rows that count for sparsity, {zero:,} are zero at the start already."
        )
    return notes


def checksum_of(tensors: Tensors) -> str:
    """SHA-256 of tensors and their names, in whatever order."""
    digest = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)} ".encode())
        flat = tensor.detach().cpu().contiguous().reshape(-1)
        digest.update(flat.view(torch.uint8).numpy().data)
    return digest.hexdigest()


def kept(directory: Path, checksum: str, given: Tensors | None) -> Tensors | None:
    """What a sweep's points start from, written into its run directory where it is not there.

    Args:
        directory: The run directory.
        checksum: Of what they start from, empty where they start new.
        given: What was read again, None where it was not.

    Returns:
        None where they start new.

    Raises:
        InputError: It is not there as it was written, and nothing was given.
    """
    if not checksum:
        return None
    path = directory / FILE
    try:
        found: Tensors = load(read_bytes(path, MOST_BYTES) or b"")
    except InputError:
        raise
    except Exception:  # the library raises many kinds for what it cannot make sense of
        found = {}
    if checksum_of(found) == checksum:
        return found
    if given is None:
        raise InputError(
            f"{path}, which the points of this sweep start from, is not there as it was written; "
            "run the sweep's own command, with --start-from, which writes it again."
        )
    # Tied parameters have several names, and a file holds each of them apart.
    plain = {n: t.clone(memory_format=torch.contiguous_format) for n, t in given.items()}
    write_bytes(path, save(plain, metadata={"paretocli": "what all points start from"}))
    return given


def _read(source: Path) -> Tensors:
    """The tensors that a user names."""
    if source.is_dir() or not source.is_file():
        file = point_file(source)
        return read_point(file)
    if source.suffix == ".safetensors" and source.resolve().parent.name == POINTS:
        return read_point(source)  # held against its record
    try:
        content = read_bytes(source, MOST_BYTES)
        if content is None:
            raise InputError(f"There is no file {source}; check the path.")
        return _tensors_in(source, _parsed(content))
    except DamagedError as error:
        raise InputError(f"{error}; {_REMEDY}.") from None
    except InputError:
        raise
    except Exception as error:  # torch and safetensors raise many kinds
        raise InputError(
            f"{source} cannot be read as tensors by name, neither as safetensors nor by torch.load "
            f"with weights_only=True ({type(error).__name__}); {_REMEDY}."
        ) from None


def _parsed(content: bytes) -> Any:
    # The length of a header of JSON comes first.
    if content[8:9] == b"{":
        return load(content)
    return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)


def _tensors_in(source: Path, found: Any) -> Tensors:
    """The tensors by name that a file holds, alone or as the one of its kind in a dictionary."""
    if _are_tensors(found):
        return _without_extra(found)
    inside = found if isinstance(found, Mapping) else {}
    some = {name: value for name, value in inside.items() if _are_tensors(value)}
    if len(some) == 1:
        return _without_extra(*some.values())
    what = f"several: {some_of([str(name) for name in some])}" if some else "none"
    raise InputError(
        f"{source} should hold tensors by name, or one dictionary of them; it holds {what}; "
        f"{_REMEDY}."
    )


def _are_tensors(found: Any) -> bool:
    if not isinstance(found, Mapping) or not all(isinstance(name, str) for name in found):
        return False
    named = {name: value for name, value in found.items() if not is_extra(name)}
    return bool(named) and all(isinstance(value, Tensor) for value in named.values())


def _without_extra(found: Tensors) -> Tensors:
    return {name: value for name, value in found.items() if not is_extra(name)}

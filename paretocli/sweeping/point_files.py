"""A point's network on disk: where it is, whether it is whole, and what it holds."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict, cast

from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor, nn

from paretocli.errors import InputError
from paretocli.run_directory import forms
from paretocli.run_directory.files import DamagedError, read_bytes, read_object
from paretocli.run_directory.networks import MOST_BYTES, is_whole
from paretocli.run_directory.points import network_path


class RecordBeside(TypedDict, total=False):
    """What is read of the record beside a network that is wanted alone."""

    status: forms.Text
    weights_sha256: forms.Text


_RECORD = forms.form_of(RecordBeside)


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
        file = network_path(Path(directory), int(number))
    if not file.is_file():
        raise InputError(f"There is no file {file}; check the run directory and the point.")
    return file


def read_point(file: Path) -> dict[str, Tensor]:
    """The parameters and buffers of a point.

    Raises:
        InputError: The file or the record beside it cannot be read, or they do not belong together.
    """
    record = record_beside(file)
    if record is not None and not is_whole(file, record.get("weights_sha256")):
        raise InputError(
            f"{file} was damaged or changed since its sweep wrote it; run that sweep's command "
            "again, which solves the point anew."
        )
    try:
        content = read_bytes(file, MOST_BYTES)
        if content is None:
            raise InputError(f"There is no file {file}; check the run directory and the point.")
        tensors: dict[str, Tensor] = load(content)
    except DamagedError as error:
        raise InputError(f"{error}; name the network of a finished point.") from None
    except Exception as error:  # the library raises many kinds for what it cannot make sense of
        if isinstance(error, InputError):
            raise
        reason = str(error) if isinstance(error, SafetensorError) else type(error).__name__
        raise InputError(
            f"{file} cannot be read ({reason}); name the network of a finished point."
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


def record_beside(file: Path) -> RecordBeside | None:
    """The record of a network's point, None where it has none.

    Raises:
        InputError: It cannot be read.
    """
    path = file.with_suffix(".json")
    try:
        return cast(RecordBeside | None, read_object(path, _RECORD))
    except DamagedError as error:
        raise InputError(
            f"{error}; run its sweep's command again, which solves the point anew."
        ) from None


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
        if tensors[name].dtype != tensor.dtype:
            raise InputError(
                f"{file} is no point of this network ({name} holds {tensors[name].dtype}, here "
                f"{tensor.dtype}); choose the same problem and --network."
            )

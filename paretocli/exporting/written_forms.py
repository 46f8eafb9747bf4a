"""A network in the formats that were asked for: written, and read again or looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from paretocli.exporting.formats import FORMATS


@dataclass(frozen=True)
class NotRun:
    """A form of a network that this machine does not run, and whose outputs nobody compared.

    Attributes:
        file: What was written.
        reason: Why it was not run, the end of a sentence.
        found: How many of the network's tensors of numbers were found in it.
        tensors: How many there are.
    """

    file: str
    reason: str
    found: int
    tensors: int

    @property
    def sentence(self) -> str:
        """What is said of it."""
        which = f"all {self.tensors}" if self.found == self.tensors else f"{self.found}"
        others = "" if self.found == self.tensors else f" of {self.tensors}"
        return (
            f"{self.file} was not run, as {self.reason}: its outputs were not compared with those "
            f"of the network. What it says that it takes and gives was, and {which}{others} of "
            "its tensors of numbers are those of the network."
        )


@dataclass(frozen=True, eq=False)
class Forms:
    """The forms of a network.

    Attributes:
        functions: By format, what was written as a function from inputs to outputs.
        not_run: By format, what this machine does not run.
    """

    functions: dict[str, Any] = field(default_factory=dict)
    not_run: dict[str, NotRun] = field(default_factory=dict)


def write_forms(
    formats: Sequence[str],
    dense: tuple[nn.Module, Path],
    small: tuple[nn.Module, Path],
    names: Sequence[str],
    batch: Mapping[str, Tensor],
) -> Forms:
    """Write two networks in formats, and read the second one again.

    Args:
        formats: Their names.
        dense: A network, and the folder that it goes to.
        small: Another one.
        names: Of their outputs.
        batch: Some raw inputs (B, …), by the names of the networks' arguments.

    Raises:
        InputError: A format does not take the network.
        RunError: What cannot be run here holds something else than the network.
    """
    forms = Forms()
    for name in formats:
        form = FORMATS[name]
        for network, place in (dense, small):
            form.write(network, names, batch, place)
        network, place = small
        counted = form.stored(network, names, batch, place) if form.stored else (0, 0)
        reason = form.not_run() if form.not_run else ""
        if reason:
            forms.not_run[name] = NotRun(form.files[0], reason, *counted)
        else:
            forms.functions[name] = form.read(place)
    return forms


def bytes_of(path: Path) -> int:
    """How large a file is, or all files of a folder."""
    files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
    return sum(file.stat().st_size for file in files)

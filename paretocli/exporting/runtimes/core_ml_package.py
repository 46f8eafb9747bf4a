"""The files of Core ML's package, and what they say and hold."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

MANIFEST = "Manifest.json"
DATA = Path("Data") / "com.apple.CoreML"
MODEL, NUMBERS = DATA / "model.mlmodel", DATA / "weights" / "weight.bin"

_ROOT, _WEIGHTS = (f"00000000-0000-0000-0000-00000000000{number}" for number in (1, 2))
_ITEMS = {
    _ROOT: ("model.mlmodel", "CoreML Model Specification"),
    _WEIGHTS: ("weights", "CoreML Model Weights"),
}
"""By identifiers that a package has for itself; coremltools draws them by chance."""


@dataclass(frozen=True)
class Feature:
    """An input or an output.

    Attributes:
        name: Its name.
        kind: Its numbers, such as `FLOAT32`.
        shape: Of one sample; empty for outputs, of which it is not said.
        smallest: The smallest batch.
        largest: The largest; both are 0 for outputs.
    """

    name: str
    kind: str
    shape: tuple[int, ...] = ()
    smallest: int = 0
    largest: int = 0


@dataclass(frozen=True, eq=False)
class Package:
    """What a package says and holds.

    Attributes:
        inputs: In order.
        outputs: In order.
        numbers: Constants of its program, in order.
    """

    inputs: tuple[Feature, ...]
    outputs: tuple[Feature, ...]
    numbers: tuple[np.ndarray, ...]


def put_package(model: Any, inputs: Sequence[str], outputs: Sequence[str], folder: Path) -> None:
    """Write a model as a package that is the same each time.

    Args:
        model: What coremltools made of a network.
        inputs: The names of its inputs, in order.
        outputs: Those of its outputs.
        folder: The package; it does not exist yet.

    Raises:
        ValueError: Two outputs, or an output and an input, are one tensor.
    """
    spec = model.get_spec()
    said = spec.description
    found = [one.name for side in (said.input, said.output) for one in side]
    if len({*found}) < len(found):
        raise ValueError("two of its inputs and outputs are one tensor")
    wanted = dict(zip(found, plain_names([*inputs, *outputs]), strict=True))
    _rename(spec, wanted)
    said.metadata.userDefined.clear()  # versions and the day
    (folder / MODEL).parent.mkdir(parents=True)
    (folder / MODEL).write_bytes(spec.SerializeToString(deterministic=True))
    stored = Path(model.weights_dir or "") / NUMBERS.name
    items = dict(_ITEMS)
    if model.weights_dir and stored.is_file():
        (folder / NUMBERS).parent.mkdir()
        (folder / NUMBERS).write_bytes(stored.read_bytes())
    else:  # all numbers are few, and within the model
        del items[_WEIGHTS]
    entries = {
        key: {"author": DATA.name, "description": what, "name": name, "path": f"{DATA.name}/{name}"}
        for key, (name, what) in items.items()
    }
    manifest = {"fileFormatVersion": "1.0.0", "itemInfoEntries": entries}
    text = json.dumps({**manifest, "rootModelIdentifier": _ROOT}, indent=4)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def plain_names(names: Sequence[str]) -> list[str]:
    """Names of the letters, digits and underscores that Core ML takes, all of them different."""
    found: list[str] = []
    for name in names:
        plain = re.sub(r"\W", "_", name, flags=re.ASCII)
        plain = f"_{plain}" if plain[:1].isdigit() else plain
        count = 1
        while plain in found:
            count += 1
            plain = f"{plain}_{count}"
        found.append(plain)
    return found


def _rename(spec: Any, wanted: Mapping[str, str]) -> None:
    """Give tensors of a model other names; whatever else has one of these gets another."""
    functions = list(spec.mlProgram.functions.values())
    known = {name for one in functions for name in _named(one)}
    names = dict(wanted)
    for name in {*wanted.values()} & (known - {*wanted}):
        other = f"{name}_"
        while other in known or other in names.values():
            other += "_"
        names[name] = other
    for side in (spec.description.input, spec.description.output):
        for one in side:
            one.name = names[one.name]
    for function in functions:
        for one in function.inputs:
            one.name = names.get(one.name, one.name)
        for block in function.block_specializations.values():
            _rename_in(block, names)


def _rename_in(block: Any, names: Mapping[str, str]) -> None:
    for place, name in enumerate(block.outputs):
        block.outputs[place] = names.get(name, name)
    for one in block.inputs:
        one.name = names.get(one.name, one.name)
    for operation in block.operations:
        for value in operation.inputs.values():
            for argument in value.arguments:
                if argument.name:
                    argument.name = names.get(argument.name, argument.name)
        for one in operation.outputs:
            one.name = names.get(one.name, one.name)
        for inner in operation.blocks:
            _rename_in(inner, names)


def _named(function: Any) -> Iterator[str]:
    """The names of all tensors of a function."""
    yield from (one.name for one in function.inputs)
    blocks = list(function.block_specializations.values())
    while blocks:
        block = blocks.pop()
        yield from (one.name for one in block.inputs)
        for operation in block.operations:
            yield from (one.name for one in operation.outputs)
            blocks += operation.blocks


def read_package(folder: Path) -> Package:
    """Read a package as coremltools does: its program is built anew from what is stored."""
    import coremltools
    from coremltools.converters.mil.frontend.milproto import load

    spec = coremltools.utils.load_spec(str(folder))
    program = load.load(spec, spec.specificationVersion, str((folder / NUMBERS).parent))
    (function,) = program.functions.values()
    constants = (one for one in function.operations if one.op_type == "const")
    values = (one.outputs[0].val for one in constants)
    numbers = [np.asarray(value) for value in values if not isinstance(value, str)]
    said = spec.description
    return Package(
        tuple(map(_feature, said.input)),
        tuple(map(_feature, said.output)),
        tuple(array for array in numbers if array.dtype.kind in "biuf"),
    )


def _feature(one: Any) -> Feature:
    array = one.type.multiArrayType
    kind = array.ArrayDataType.Name(array.dataType)
    ranges = array.shapeRange.sizeRanges
    if not ranges:
        return Feature(one.name, kind)
    return Feature(
        one.name, kind, tuple(array.shape[1:]), ranges[0].lowerBound, ranges[0].upperBound
    )

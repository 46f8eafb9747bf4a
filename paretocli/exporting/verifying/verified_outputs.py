"""Whether the forms of an exported network give what is stored for some samples.

Packages are imported where something needs them: a folder is verified as far as they are there.
"""

import importlib.util
import json
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from paretocli.exporting.verifying.verified_files import CARD

OUTPUT = "output"  # what stored outputs are called, unless a file is of a network of its own

# What runs a file takes its path and arrays (B, …), one an input, and gives one an output.
Runner = Callable[[Path, Sequence[Any]], Sequence[Any]]


class Outputs:
    """Compares what the forms of a network give for the stored samples.

    Args:
        folder: The folder.
        sound: The files that are as they were written.
        runners: What runs files whose endings are not known here, by name.

    Attributes:
        deviations: What is not as it was written, a sentence each.
        unchecked: What could not be looked at, and why, the end of a sentence each.
        differences: By file and output, the largest difference.
        samples: How many samples are stored; 0 where no outputs were looked at.
    """

    def __init__(self, folder: Path, sound: set[str], runners: Mapping[str, Runner]) -> None:
        self._folder, self._sound, self._runners = folder, sound, runners
        self.deviations: list[str] = []
        self.unchecked: list[str] = []
        self.differences: dict[str, dict[str, float]] = {}
        self.samples = 0

    def compare(self) -> None:
        """Run each form that is sound and whose packages are there."""
        try:
            said = json.loads((self._folder / CARD).read_bytes())["verification"]
            stored, names = str(said["samples"]), list(map(str, said["outputs"]))
            needed = {file: [file, *form["needs"]] for file, form in said["forms"].items()}
            tolerances = {
                file: {name: float(form["tolerance"][name]) for name in names}
                for file, form in said["forms"].items()
            }
            called = {
                file: str(form.get("outputs", OUTPUT)) for file, form in said["forms"].items()
            }
            count = len(said["inputs"])
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            self.deviations.append(f"{CARD} does not say how outputs are to be compared.")
            return
        if said["samples"] is None:
            self.unchecked.append("outputs, as no samples are stored.")
            return
        if stored not in self._sound:
            self.unchecked.append(
                f"outputs, as {stored}, which holds them, is not as it was written."
            )
            return
        if importlib.util.find_spec("numpy") is None:
            self.unchecked.append("outputs, as numpy is not installed.")
            return
        inputs, kept = self._stored(stored, count, names, {*called.values()})
        if not kept:
            return
        self.samples = len(inputs[0])
        for file, files in needed.items():
            if any(name not in self._sound for name in files):
                self.unchecked.append(f"outputs of {file}, as it is not as it was written.")
            else:
                self._compare(file, inputs, kept[called[file]], tolerances)

    def _stored(
        self, name: str, inputs: int, outputs: Sequence[str], called: Iterable[str]
    ) -> tuple[list[Any], dict[str, dict[str, Any]]]:
        """The inputs (B, …) that are stored, and the outputs by what they are called and by name.

        None where they cannot be read.
        """
        import numpy as np

        try:
            with np.load(self._folder / name, allow_pickle=False) as arrays:
                return (
                    [arrays[f"input_{place}"] for place in range(inputs)],
                    {
                        one: {out: arrays[f"{one}_{place}"] for place, out in enumerate(outputs)}
                        for one in called
                    },
                )
        except Exception as error:  # whatever a file of any content makes zip and numpy raise
            self.deviations.append(f"{name} cannot be read ({_first_line(error)}).")
            return [], {}

    def _compare(
        self,
        file: str,
        inputs: list[Any],
        expected: dict[str, Any],
        tolerances: Mapping[str, Mapping[str, float]],
    ) -> None:
        ending = Path(file).suffix
        run = RUNNERS.get(ending) or self._runners.get(file)
        if run is None:
            self.unchecked.append(f"outputs of {file}: nothing here runs files of its kind.")
            return
        if ending in _ON and sys.platform not in _ON[ending]:
            self.unchecked.append(f"outputs of {file}, which {_ON[ending][-1]} alone runs.")
            return
        for module in _NEEDS.get(ending, ()):
            if importlib.util.find_spec(module) is None:
                self.unchecked.append(f"outputs of {file}, as {module} is not installed.")
                return
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                given = list(run(self._folder / file, inputs))
        except Exception as error:  # whatever a network of anybody raises
            if isinstance(error, ImportError) and ending not in RUNNERS:
                self.unchecked.append(f"outputs of {file} ({_first_line(error)}).")
                return
            self.deviations.append(f"{file} cannot be run ({_first_line(error)}).")
            return
        if len(given) != len(expected):
            self.deviations.append(
                f"{file} gives {len(given)} outputs, where {len(expected)} were expected."
            )
            return
        self.differences[file] = {}
        for (name, like), output in zip(expected.items(), given, strict=True):
            if output.shape != like.shape:
                self.deviations.append(
                    f"{file} gives an output {name} of the shape {output.shape}, where "
                    f"{like.shape} was expected."
                )
                continue
            gap, allowed = _gap(output, like), tolerances[file][name]
            self.differences[file][name] = gap
            if not gap <= allowed:  # not a number is none either
                self.deviations.append(
                    f"{file} gives an output {name} that differs by {gap:.2g} from the one that "
                    f"is stored, more than {allowed:.2g}."
                )


def _gap(one: Any, other: Any) -> float:
    """The largest difference of arrays; two infinities or two NaN do not differ."""
    import numpy as np

    one, other = one.astype(np.float64), other.astype(np.float64)
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    with np.errstate(invalid="ignore"):
        return float(np.where(same, 0.0, np.abs(one - other)).max(initial=0.0))


def _run_module(path: Path, inputs: Sequence[Any]) -> Sequence[Any]:
    """What the Python module gives; an import would leave a cache beside it."""
    names: dict[str, Any] = {"__name__": "exported_network", "__file__": str(path)}
    exec(compile(path.read_bytes(), path, "exec"), names)
    return run_torch(names["load"](), inputs)


def _run_program(path: Path, inputs: Sequence[Any]) -> Sequence[Any]:
    import torch

    return run_torch(torch.export.load(path).module(), inputs)


def run_torch(function: Callable[..., Sequence[Any]], inputs: Sequence[Any]) -> Sequence[Any]:
    """What a function of tensors gives, as arrays."""
    import torch

    with torch.no_grad():
        outputs = function(*(torch.from_numpy(array) for array in inputs))
    return [as_array(output) for output in outputs]


def as_array(tensor: Any) -> Any:
    """A tensor as an array; numbers that numpy has no type for in single precision."""
    plain = tensor.detach().cpu()
    try:
        return plain.numpy()
    except TypeError:
        return plain.float().numpy()


def _run_onnx(path: Path, inputs: Sequence[Any]) -> Sequence[Any]:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [argument.name for argument in session.get_inputs()]
    outputs: Sequence[Any] = session.run(None, dict(zip(names, inputs, strict=True)))
    return outputs


def _run_openvino(path: Path, inputs: Sequence[Any]) -> Sequence[Any]:
    import openvino

    exact = {"INFERENCE_PRECISION_HINT": "f32"}
    model = openvino.Core().compile_model(path, "CPU", exact)
    return list(model(list(inputs)).to_tuple())


def _run_executorch(path: Path, inputs: Sequence[Any]) -> Sequence[Any]:
    from executorch.runtime import Runtime

    program = Runtime.get().load_program(path)
    method = program.load_method("forward")
    samples = (tuple(array[row : row + 1] for array in inputs) for row in range(len(inputs[0])))
    return _stacked(run_torch(lambda *one: method.execute(one), one) for one in samples)


def _run_litert(path: Path, inputs: Sequence[Any]) -> Sequence[Any]:
    """Its arguments and outputs are numbered in the order of the network's."""
    from ai_edge_litert.interpreter import Interpreter

    run = Interpreter(str(path)).get_signature_runner()
    kinds = [run.get_input_details()[f"args_{place}"]["dtype"] for place in range(len(inputs))]
    found = []
    for row in range(len(inputs[0])):
        sample = {
            f"args_{place}": array[row : row + 1].astype(kind)
            for place, (array, kind) in enumerate(zip(inputs, kinds, strict=True))
        }
        outputs = run(**sample)
        found.append([outputs[f"output_{place}"] for place in range(len(outputs))])
    return _stacked(found)


def _run_coreml(path: Path, inputs: Sequence[Any]) -> Sequence[Any]:
    """Its arguments and outputs are in the order of the network's; real numbers are single."""
    import coremltools
    import numpy as np

    units = coremltools.ComputeUnit.CPU_ONLY
    model = coremltools.models.MLModel(str(path), compute_units=units)
    said = model.get_spec().description
    kinds = [np.float32 if array.dtype.kind == "f" else np.int32 for array in inputs]
    arrays = [array.astype(kind) for array, kind in zip(inputs, kinds, strict=True)]
    names = [one.name for one in said.input]
    found = model.predict(dict(zip(names, arrays, strict=True)))
    return [np.asarray(found[one.name]) for one in said.output]


def _stacked(samples: Iterable[Sequence[Any]]) -> Sequence[Any]:
    """Outputs of one sample each as those of a batch."""
    import numpy as np

    return [np.concatenate(parts) for parts in zip(*samples, strict=True)]


RUNNERS: dict[str, Runner] = {
    ".py": _run_module,
    ".pt2": _run_program,
    ".onnx": _run_onnx,
    ".xml": _run_openvino,
    ".pte": _run_executorch,
    ".tflite": _run_litert,
    ".mlpackage": _run_coreml,
}
_NEEDS = {
    ".py": ("torch", "safetensors"),
    ".pt2": ("torch",),
    ".onnx": ("onnxruntime",),
    ".xml": ("openvino",),
    ".pte": ("torch", "executorch"),
    ".tflite": ("ai_edge_litert",),
    ".mlpackage": ("coremltools",),
}
_ON = {".mlpackage": ("darwin", "macOS")}  # sys.platform, and what people call that


def _first_line(error: Exception) -> str:
    message = (str(error).strip().splitlines() or ["(no message)"])[0]
    return f"{type(error).__name__}: {message}"

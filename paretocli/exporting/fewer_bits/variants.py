"""The ways in which a network can be stored in fewer bits, and what they are made from."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import onnx

    from paretocli.exporting.fewer_bits.quantised import Quantised

    Arrays = dict[str, npt.NDArray[np.generic]]

FEWEST_SAMPLES = 32
"""Of the training data, where a way looks at them; fewer say nothing of the tails."""


@dataclass(frozen=True)
class Exact:
    """A network as an ONNX file in single precision.

    Attributes:
        file: It.
        parameters: Those of the network by name, by which its layers are called.
        calibration: Batches of training samples (B, …), by the names of the network's arguments.
    """

    file: Path
    parameters: "Mapping[str, npt.NDArray[np.generic]]"
    calibration: "Callable[[], Iterator[Arrays]]"


@dataclass(frozen=True)
class Variant:
    """A way to store a network in fewer bits.

    Attributes:
        words: What it is, for people.
        rank: Of several that lose as much, those with the lowest are taken.
        layers: What can be stored so, by name.
        make: The ONNX model in which so many of these layers are given back.
        back: Bits of those that are: 32 where they stay in single precision.
        quantised: What it is made by, where its network may be trained for it.
    """

    words: str
    rank: int
    layers: Sequence[str]
    make: "Callable[[Collection[str]], onnx.ModelProto]"
    back: int = 32
    quantised: "Quantised | None" = None

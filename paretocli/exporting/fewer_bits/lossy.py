"""What was written in a format of fewer bits."""

from dataclasses import dataclass

from paretocli.exporting.fewer_bits.drops import Drop
from paretocli.exporting.quantise_aware.course import Course


@dataclass(frozen=True)
class Trained:
    """What training further, with all numbers rounded, made of a network.

    Attributes:
        course: How it went.
        untrained: What each task lost on the validation data without it, with all layers in fewer
            bits.
    """

    course: Course
    untrained: dict[str, Drop]


@dataclass(frozen=True)
class Lossy:
    """A file in fewer bits, beside the same network as ONNX in single precision.

    Attributes:
        file: Its name.
        bits: Of the numbers of its layers.
        bytes: Of the file.
        bytes_exact: Of the same network in single precision.
        bytes_dense: Of the network as it was trained, in single precision.
        share: Of all numbers of the network, those that are stored in fewer bits.
        how: What was chosen on the validation data.
        calibration_samples: Training samples that ranges were found on; 0 where none are needed.
        layers: What could be stored in fewer bits.
        given_back: Those of them that have more bits, most sensitive first.
        back: Bits of these: 32 where they stay in single precision.
        max_drop: What each task may lose on the validation data.
        validation: What each loses there.
        test: What each loses on the test data, on which nothing was chosen.
        differences: By output, the largest difference on the test data from the point's network in
            single precision.
        agreement: Likewise, of what onnxruntime's kernels give from what the file's operators give
            one by one, or from the rounded network that was trained.
        latency: Median seconds for a batch with onnxruntime, by its size.
        latency_exact: Those of single precision, measured in turn with them.
        quantise_aware: Epochs of training further that were asked for; 0 for none.
        trained: That training, where its numbers are those that it led to; the file is no longer
            of the point's own network then.
    """

    file: str
    bits: int
    bytes: int
    bytes_exact: int
    bytes_dense: int
    share: float
    how: str
    calibration_samples: int
    layers: tuple[str, ...]
    given_back: tuple[str, ...]
    back: int
    max_drop: float
    validation: dict[str, Drop]
    test: dict[str, Drop]
    differences: dict[str, float]
    agreement: dict[str, float]
    latency: dict[str, float]
    latency_exact: dict[str, float]
    quantise_aware: int = 0
    trained: Trained | None = None

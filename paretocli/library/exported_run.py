"""A run directory in Python, whose networks are taken away."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paretocli.library.measured_run import MeasuredRun
from paretocli.library.points import point_number

if TYPE_CHECKING:
    import pandas as pd
    from torch import nn

    from paretocli.exporting.export import Exported
    from paretocli.exporting.fronts.front_export import ExportedFront


class ExportedRun(MeasuredRun):
    """A sweep, or a single point, as its run directory holds it, and its networks elsewhere."""

    def network(self, point: "int | pd.Series[Any]") -> "nn.Module":
        """The network of a point, with its weights, in evaluation mode, on the CPU.

        Args:
            point: Its number, or its row of `results`.

        Raises:
            InputError: It is not finished, or the problem's code or data is not there or changed.
        """
        from paretocli.exporting.point import read_solved_point

        return read_solved_point(
            self.path,
            point_number(point),
            self._data_dir,
            problem=self._problem,
            consent=lambda file: False,
        ).network

    def export(
        self,
        point: "int | pd.Series[Any]",
        out: str | Path | None = None,
        formats: Sequence[str] = ("program",),
        threads: int = 1,
        samples: int = 8,
        max_drop: float | None = None,
        calibration_samples: int | None = None,
        quantise_aware: int | None = None,
    ) -> "Exported":
        """Write the network of a point without its zero rows, and what fed them.

        Args:
            point: Its number, or its row of `results`.
            out: A new or empty folder; without, `export-<name of the directory>-<point>`.
            formats: What to write beside the Python module and its weights.
            threads: For latencies.
            samples: Test samples that go into the folder at most, to verify it by.
            max_drop: What formats of fewer bits may cost each task in its first metric on the
                validation data, in points of accuracies and other shares, else in per cent; 0.5
                unless given.
            calibration_samples: Training samples on which `onnx-int8` and `onnx-int4` find how
                large the network's numbers get; 512, or all there are, unless given.
            quantise_aware: Epochs for which the small network is trained with its numbers rounded,
                where `onnx-int8` or `onnx-int4` costs a task more than it may; none unless given.

        Raises:
            InputError: As `network`, or the folder holds something, or a format of fewer bits
                costs a task more than it may.
            RunError: Some form of the network gives other outputs; nothing was written.
        """
        from paretocli.exporting.fewer_bits.lossiness import asked_lossiness
        from paretocli.library.exporting import export_one

        number = point_number(point)
        lossiness = asked_lossiness(formats, max_drop, calibration_samples, quantise_aware)
        return export_one(
            self.path,
            number,
            self._problem,
            self._data_dir,
            out,
            formats,
            threads,
            samples,
            lossiness,
        )

    def export_front(
        self, out: str | Path | None = None, formats: Sequence[str] = ("program",)
    ) -> "ExportedFront":
        """Write one network for all weights of a sweep with `manifold` or `cosmos`.

        Args:
            out: A new or empty folder; without, `export-<name of the directory>-front`.
            formats: What to write, one at least.

        Raises:
            InputError: As `network`, or the points are networks by themselves, or the folder holds
                something.
            RunError: Some form gives other outputs than the points; nothing was written.
        """
        from paretocli.library.exporting import export_whole_front

        return export_whole_front(self.path, self._problem, self._data_dir, out, formats)

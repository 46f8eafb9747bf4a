"""A run directory in Python, whose networks are measured."""

from pathlib import Path
from typing import TYPE_CHECKING

from paretocli.library.recorded_run import RecordedRun

if TYPE_CHECKING:
    from paretocli.run_directory.measurements import Measurements


class MeasuredRun(RecordedRun):
    """A sweep, or a single point, as its run directory holds it, and what its networks take."""

    def measure(
        self, format: str = "onnx", threads: int = 1, repetitions: int | None = None
    ) -> "Measurements":
        """Time the small networks of all solved points in turn, and keep that in the directory.

        `results` has the columns `latency_ms`, `latency_ms_p95`, `latency_ms_64`,
        `latency_ms_64_p95` and `file_bytes` afterwards, for `select("latency_ms <= 3")`.

        Args:
            format: In which format they are written for it: `onnx`, `torch`, `program` or that of
                another runtime.
            threads: That compute, each on a processor where the system has that.
            repetitions: Calls of each network that count; without, as many as a few seconds allow,
                up to 200.

        Returns:
            What `measurements.json` holds.

        Raises:
            InputError: No point is solved, an argument is wrong, or the problem's code or data is
                not there or changed; nothing was written.
            RunError: A small network gives other outputs than the one that it was made of.
        """
        from paretocli.library.measuring import measure

        return measure(
            self.path,
            self._problem,
            lambda file: False,
            self._data_dir,
            form=format,
            threads=threads,
            calls=repetitions,
        )

    def write_kit(self, out: str | Path, threads: int = 1, repetitions: int | None = None) -> Path:
        """Write an archive that measures the same networks on another device.

            kit = run.write_kit("kit.zip")

        Python runs it there, with numpy and onnxruntime and nothing else, and `read_kit` takes over
        what it printed: `python3 kit.zip --name "the board" > figures.json`.

        Args:
            out: The archive.
            threads: That compute there, unless somebody says otherwise.
            repetitions: Calls of each network that count there, as for `measure`.

        Returns:
            The path of the archive.

        Raises:
            InputError: As `measure`, or the archive cannot be written.
            RunError: As `measure`.
        """
        from paretocli.library.measuring import write_kit

        file = Path(out)
        write_kit(
            self.path,
            self._problem,
            lambda file: False,
            self._data_dir,
            file,
            threads=threads,
            calls=repetitions,
        )
        return file

    def read_kit(self, figures: str | Path) -> "Measurements":
        """Keep in the directory what a kit printed on another device, as `measure` keeps its own.

            run.read_kit("figures.json")

        Args:
            figures: The file with what it printed.

        Returns:
            What `measurements.json` holds.

        Raises:
            InputError: It is something else or of other networks, or the directory cannot be
                written; nothing was.
        """
        from paretocli.library.measuring import read_kit

        return read_kit(self.path, Path(figures))

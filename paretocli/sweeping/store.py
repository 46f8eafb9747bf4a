"""The run directory: what a sweep leaves on disk, and what it goes on from."""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from paretocli.atomic import TEMPORARY, check_writable, write_bytes, write_text
from paretocli.errors import InputError
from paretocli.run_directory.box import NormalisationNote, read_normalisation
from paretocli.run_directory.files import (
    MOST_LINES_BYTES,
    DamagedError,
    opened,
    parsed,
    read_bytes,
)
from paretocli.run_directory.history import HISTORY, HistoryLine
from paretocli.run_directory.kept import KEPT, kept_path
from paretocli.run_directory.lock import LOCK, in_use, sole_user
from paretocli.run_directory.mending import CHECKPOINTS, FOLDERS, mend, prepare_folders
from paretocli.run_directory.point_record import PointRecord
from paretocli.run_directory.points import (
    network_path,
    read_records,
    record_path,
    search_path,
)
from paretocli.run_directory.rounds import Round, round_path
from paretocli.run_directory.sweep_content import FORMAT, Identity, SweepContent
from paretocli.run_directory.sweep_file import SWEEP_FILE, SweepFile, read_sweep_file
from paretocli.sweeping.measured_columns import with_measured
from paretocli.sweeping.records import results_table
from paretocli.sweeping.same_sweep import refuse_another

MOST_BYTES = 2**40  # of a checkpoint


class RunDirectory:
    """A directory with one sweep in it.

        sweep.json                 configuration, seed, versions, device, threads, data checksums,
                                   better directions of the metrics
        points/<id>.json           one record a finished point: the only mark of "done"
        points/<id>.safetensors    its network
        kept/<id>-<epoch>.safetensors  epochs that may become points, with `--keep front`
        searches/<id>.safetensors  where its search ended, for points that start from it
        rounds/<number>.json       points that were added, written before they are begun
        history/<shard>.jsonl      a line an epoch and subproblem
        checkpoints/<shard>.pt     the newest training state
        growing.json               there while further points may come
        normalisation.json         ideal and scale of the objectives
        baselines.json             what a constant and classical models reach on the same data
        measurements.json          what the points' small networks took on a device
        results.csv, front.csv     rebuilt from the records
        front.png                  the picture of the front
        tensorboard/<id>/          event files, with `--log tensorboard`
        .lock                      held while a sweep runs

    Args:
        path: The directory; `open` makes it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.results_file = path / "results.csv"
        self.front_file = path / "front.csv"
        self.picture_file = path / "front.png"
        self._sweep_file = path / SWEEP_FILE
        self._notes: list[str] = []

    def check(self, identity: Mapping[str, Any], checksums: Mapping[str, str]) -> None:
        """Refuse a directory that holds something else, before anything is done.

        Raises:
            InputError: The directory belongs to another sweep (the message names the field that
                differs), was made from other data, or holds other files.
        """
        try:
            self._check(identity, checksums)
        except OSError as error:
            raise InputError(
                f"The directory {self.path} cannot be used ({error.strerror}); name another one "
                "with --out."
            ) from None

    def _check(self, identity: Mapping[str, Any], checksums: Mapping[str, str]) -> None:
        if holder := in_use(self.path):
            raise InputError(
                f"{self.path} is in use by another sweep ({holder}); wait for its end, or name "
                "another directory with --out."
            )
        if self._sweep_file.exists():
            refuse_another(self.sweep(), identity, checksums)
            return
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"{self.path} is not a directory; name another one with --out.")
        if self.path.is_dir() and any(map(_is_foreign, self.path.iterdir())):
            raise InputError(
                f"{self.path} holds other files and no sweep; name an empty or new directory with "
                "--out."
            )

    @contextmanager
    def opened(self, sweep: SweepContent) -> Iterator[None]:
        """Make the directory, or take it up, and keep other sweeps out; `check` comes first.

        Args:
            sweep: What goes into `sweep.json` where there is none yet.

        Raises:
            InputError: It cannot be written, or another sweep was faster.
        """
        with ExitStack() as stack:
            with self._written():
                self.path.mkdir(parents=True, exist_ok=True)
                self._notes = stack.enter_context(sole_user(self.path))
                if self._sweep_file.exists():
                    refuse_another(self.sweep(), sweep["config"], sweep["data"])
                self._fill(sweep)
            yield

    def _fill(self, sweep: SweepContent) -> None:
        prepare_folders(self.path)
        if not self._sweep_file.exists():
            write_text(self._sweep_file, json.dumps({"format": FORMAT, **sweep}, indent=2))
        for folder in FOLDERS:
            check_writable(self.path / folder)

    @contextmanager
    def _written(self) -> Iterator[None]:
        """Say what is wrong where the directory cannot be written."""
        try:
            yield
        except OSError as error:
            raise InputError(
                f"The directory {self.path} cannot be written ({error.strerror}); name another "
                "one with --out."
            ) from None

    def sweep(self) -> SweepFile:
        """What `sweep.json` says.

        Raises:
            InputError: There is none, or it is none of this program's.
        """
        return read_sweep_file(self.path, "name another directory with --out")

    def records(self) -> list[PointRecord]:
        """The records of all points that are done or failed, in order."""
        return list(read_records(self.sweep()).found.values())

    def mend(self) -> list[str]:
        """Remove what is damaged, so that it is made again.

        Returns:
            What was damaged, a sentence each.

        Raises:
            InputError: A file cannot be read, or what is in its place cannot be removed.
        """
        with self._written():
            return [*self._notes, *mend(self.sweep())]

    def write_point(
        self,
        record: PointRecord,
        network: bytes | None,
        search: bytes | None = None,
        kept: Mapping[int, bytes] | None = None,
    ) -> PointRecord:
        """Write a point's safetensors files, and then its record, which makes it done.

        Args:
            record: The record.
            network: Its network, None for a point that failed.
            search: Where its search ended, None where that is not kept.
            kept: Its kept epochs.

        Returns:
            The record as it was written, with their checksums.
        """
        point = record["point"]
        for epoch, content in (kept or {}).items():
            write_bytes(kept_path(self.path, point, epoch), content)
        if search is not None:
            write_bytes(search_path(self.path, point), search)
            record = record | {"search_sha256": hashlib.sha256(search).hexdigest()}
        if network is not None:
            write_bytes(network_path(self.path, point), network)
            record = record | {"weights_sha256": hashlib.sha256(network).hexdigest()}
        return self.amend_point(record)

    def amend_point(self, record: PointRecord) -> PointRecord:
        """Write a point's record again, with more in it, and give it back."""
        content = json.dumps(record, indent=2, allow_nan=False)
        write_text(record_path(self.path, record["point"]), content)
        return record

    def network(self, point: int) -> bytes:
        """The content of the file of a point's network."""
        return network_path(self.path, point).read_bytes()

    def search_end(self, point: int) -> bytes:
        """The content of the file of a point's search's end; nothing where there is none."""
        return self._content(search_path(self.path, point))

    def _content(self, path: Path) -> bytes:
        return read_bytes(path, MOST_BYTES) or b""

    def kept_epoch(self, point: int, epoch: int) -> bytes:
        """The content of the file of a kept epoch; nothing where there is none."""
        return self._content(kept_path(self.path, point, epoch))

    def drop_kept(self) -> None:
        """Remove all kept epochs: those that were to become points are."""
        for file in (self.path / KEPT).glob("*.safetensors"):
            file.unlink(missing_ok=True)

    def write_round(self, one: Round) -> None:
        """Write a round, before any of its points is begun."""
        write_text(round_path(self.path, one.number), json.dumps(one.content(), indent=2))

    def forget_point(self, point: int) -> None:
        """Remove a point's record, so that it is solved again."""
        record_path(self.path, point).unlink(missing_ok=True)

    def append_history(self, shard: str, lines: Sequence[HistoryLine]) -> None:
        """Add lines to a shard's history."""
        content = "".join(json.dumps(line, allow_nan=False) + "\n" for line in lines)
        with self._history(shard).open("ab") as file:
            file.write(content.encode())

    def trim_history(self, shard: str, epoch: int) -> None:
        """Drop a shard's lines after an epoch, and torn ones, before it goes on from there."""
        path = self._history(shard)
        try:
            with opened(path, MOST_LINES_BYTES) as file:
                kept = [line for line in file if _epoch(line) <= epoch]
        except FileNotFoundError:
            return
        write_bytes(path, b"".join(line.rstrip(b"\n") + b"\n" for line in kept))

    def save_checkpoint(self, shard: str, state: bytes) -> None:
        """Write a shard's training state whole, over the previous one."""
        write_bytes(self._checkpoint(shard), state)

    def load_checkpoint(self, shard: str) -> bytes | None:
        """A shard's training state, None where there is none; nothing of one that is damaged."""
        try:
            return read_bytes(self._checkpoint(shard), MOST_BYTES)
        except DamagedError:
            return b""

    def drop_checkpoint(self, shard: str) -> None:
        """Remove the state of a shard that is finished."""
        self._checkpoint(shard).unlink(missing_ok=True)

    def write_tables(self, identity: Identity, records: Sequence[PointRecord]) -> None:
        """Rebuild `results.csv` and `front.csv` from the records of all points, in order."""
        if not records:
            return
        table = with_measured(results_table(records, identity), self.path, records)
        write_text(self.results_file, table.to_csv(index=False))
        write_text(self.front_file, table[table["on_front"]].to_csv(index=False))

    def write_note(self, name: str, content: Mapping[str, Any]) -> None:
        """Write a small JSON file."""
        write_text(self.path / f"{name}.json", json.dumps(content, indent=2))

    def normalisation(self) -> NormalisationNote | None:
        """What `normalisation.json` holds, None where there is none that can be read."""
        try:
            return read_normalisation(self.sweep())
        except DamagedError:
            return None

    def _history(self, shard: str) -> Path:
        return self.path / HISTORY / f"{shard}.jsonl"

    def _checkpoint(self, shard: str) -> Path:
        return self.path / CHECKPOINTS / f"{shard}.pt"


def _epoch(line: bytes) -> float:
    """The epoch of a line of the history, infinite for one that is torn."""
    try:
        return float(parsed(line)["epoch"])
    except (ValueError, KeyError, TypeError):
        return math.inf


def _is_foreign(path: Path) -> bool:
    """Whether something lies there that a sweep which was killed at its start does not leave."""
    if path.name in FOLDERS and path.is_dir():
        return any(path.iterdir())
    return path.name != LOCK and not path.name.startswith(TEMPORARY)

"""The run directory: what a sweep leaves on disk, and what it goes on from."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from paretocli.atomic import TEMPORARY, write_bytes, write_text
from paretocli.errors import InputError
from paretocli.lock import LOCK, in_use, sole_user
from paretocli.older_sweeps import as_meant
from paretocli.sweep.point_files import CHECKSUM, is_whole
from paretocli.sweep.records import Record, point_name, results_table

FORMAT = 1
FOLDERS = ("points", "history", "checkpoints")


class RunDirectory:
    """A directory with one sweep in it.

        sweep.json                 configuration, seed, versions, device, threads, data checksums,
                                   better directions of the metrics
        points/<id>.json           one record a finished point: the only mark of "done"
        points/<id>.safetensors    its network
        history/<shard>.jsonl      a line an epoch and subproblem
        checkpoints/<shard>.pt     the newest training state
        normalisation.json         ideal and scale of the objectives
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
        self._sweep_file = path / "sweep.json"

    def check(self, identity: Mapping[str, Any], checksums: Mapping[str, str]) -> None:
        """Refuse a directory that holds something else, before anything is done.

        Raises:
            InputError: The directory belongs to another sweep (the message names the field that
                differs), was made from other data, or holds other files.
        """
        try:
            self.path.exists()
        except OSError as error:
            raise InputError(
                f"The directory {self.path} cannot be used ({error.strerror}); name another one "
                "with --out."
            ) from None
        if holder := in_use(self.path):
            raise InputError(
                f"{self.path} is in use by another sweep ({holder}); wait for its end, or name "
                "another directory with --out."
            )
        if self._sweep_file.exists():
            self._check_same(self.sweep(), identity, checksums)
            return
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"{self.path} is not a directory; name another one with --out.")
        if self.path.is_dir() and any(map(_is_foreign, self.path.iterdir())):
            raise InputError(
                f"{self.path} holds other files and no sweep; name an empty or new directory with "
                "--out."
            )

    @contextmanager
    def opened(self, sweep: Mapping[str, Any]) -> Iterator[None]:
        """Make the directory, or take it up, and keep other sweeps out; `check` comes first.

        Args:
            sweep: What goes into `sweep.json` where there is none yet.

        Raises:
            InputError: It cannot be written, or another sweep was faster.
        """
        with ExitStack() as stack:
            with self._written():
                self.path.mkdir(parents=True, exist_ok=True)
                stack.enter_context(sole_user(self.path))
                if self._sweep_file.exists():
                    self._check_same(self.sweep(), sweep["config"], sweep["data"])
                self._fill(sweep)
            yield

    def _fill(self, sweep: Mapping[str, Any]) -> None:
        for folder in FOLDERS:
            (self.path / folder).mkdir(exist_ok=True)
        if not self._sweep_file.exists():
            write_text(self._sweep_file, json.dumps({"format": FORMAT, **sweep}, indent=2))
        for folder in (".", *FOLDERS):
            # What a kill in the middle of writing a file has left.
            for temporary in (self.path / folder).glob(f"{TEMPORARY}*"):
                temporary.unlink()
        write_bytes(self.path / "checkpoints" / "writable", b"")
        (self.path / "checkpoints" / "writable").unlink()

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

    def sweep(self) -> dict[str, Any]:
        """What `sweep.json` holds: `config`, `data` with checksums, versions and the like.

        Raises:
            InputError: There is none, or it is none of this program's.
        """
        if not self._sweep_file.exists():
            raise InputError(f"{self.path} holds no sweep.json; give the run directory of a sweep.")
        try:
            found = self._read_json(self._sweep_file)
        except InputError:
            found = {}
        if found.get("format") != FORMAT or not {"config", "data"} <= set(found):
            raise InputError(
                f"{self._sweep_file} is not of the form that this program writes; name another "
                "directory with --out."
            )
        return found

    def records(self) -> list[Record]:
        """The records of all points that are done or failed, in order."""
        return [self._read_json(file) for file in self._record_files()]

    def remove_damaged(self) -> list[str]:
        """Remove what cannot be read, and records of damaged networks: they are made again.

        This program writes files whole; whatever damaged these came from outside.

        Returns:
            The paths of what was damaged in the directory.
        """
        damaged: list[str] = []
        for file in (*self._record_files(), *self.path.glob("normalisation.json")):
            try:
                found = self._read_json(file)
            except InputError:
                found = {}
            network = found.get("weights_file")
            if not found:
                damaged.append(str(file.relative_to(self.path)))
            elif network and not is_whole(self.path / network, found):
                (self.path / network).unlink(missing_ok=True)
                damaged.append(network)
            else:
                continue
            file.unlink()
        return damaged

    def _record_files(self) -> list[Path]:
        files = [file for file in (self.path / "points").glob("*.json") if file.stem.isdecimal()]
        return sorted(files, key=lambda file: int(file.stem))

    def write_point(self, record: Record, network: bytes | None) -> Record:
        """Write a point's network, a safetensors file, and then its record, which makes it done.

        Args:
            record: The record.
            network: The file's content, None for a point that failed.

        Returns:
            The record as it was written, with the network's checksum.
        """
        name = point_name(record["point"])
        if network is not None:
            write_bytes(self.path / "points" / f"{name}.safetensors", network)
            record = record | {CHECKSUM: hashlib.sha256(network).hexdigest()}
        write_text(self.path / "points" / f"{name}.json", json.dumps(record, indent=2))
        return record

    def amend_point(self, record: Record) -> Record:
        """Write a point's record again, with more in it, and give it back."""
        name = point_name(record["point"])
        write_text(self.path / "points" / f"{name}.json", json.dumps(record, indent=2))
        return record

    def network(self, point: int) -> bytes:
        """The content of the file of a point's network."""
        return (self.path / "points" / f"{point_name(point)}.safetensors").read_bytes()

    def forget_point(self, point: int) -> None:
        """Remove a point's record, so that it is solved again."""
        (self.path / "points" / f"{point_name(point)}.json").unlink(missing_ok=True)

    def append_history(self, shard: str, lines: Sequence[Record]) -> None:
        """Add lines to a shard's history."""
        with (self.path / "history" / f"{shard}.jsonl").open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(line) + "\n" for line in lines)

    def trim_history(self, shard: str, epoch: int) -> None:
        """Drop a shard's lines after an epoch, and torn ones, before it goes on from there."""
        path = self.path / "history" / f"{shard}.jsonl"
        if not path.exists():
            return
        kept = []
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                if json.loads(line)["epoch"] <= epoch:
                    kept.append(line + "\n")
            except (ValueError, KeyError, TypeError):
                continue
        write_text(path, "".join(kept))

    def save_checkpoint(self, shard: str, state: bytes) -> None:
        """Write a shard's training state whole, over the previous one."""
        write_bytes(self._checkpoint(shard), state)

    def load_checkpoint(self, shard: str) -> bytes | None:
        """A shard's training state, None where there is none."""
        try:
            return self._checkpoint(shard).read_bytes()
        except FileNotFoundError:
            return None

    def drop_checkpoint(self, shard: str) -> None:
        """Remove the state of a shard that is finished."""
        self._checkpoint(shard).unlink(missing_ok=True)

    def write_tables(self, identity: Mapping[str, Any], records: Sequence[Record]) -> None:
        """Rebuild `results.csv` and `front.csv` from the records of all points, in order."""
        if not records:
            return
        table = results_table(records, identity)
        write_text(self.results_file, table.to_csv(index=False))
        write_text(self.front_file, table[table["on_front"]].to_csv(index=False))

    def write_note(self, name: str, content: Mapping[str, Any]) -> None:
        """Write a small JSON file."""
        write_text(self.path / f"{name}.json", json.dumps(content, indent=2))

    def read_note(self, name: str) -> dict[str, Any] | None:
        """Read a small JSON file, None where there is none."""
        path = self.path / f"{name}.json"
        return self._read_json(path) if path.exists() else None

    def _checkpoint(self, shard: str) -> Path:
        return self.path / "checkpoints" / f"{shard}.pt"

    def _check_same(
        self, found: Mapping[str, Any], identity: Mapping[str, Any], checksums: Mapping[str, str]
    ) -> None:
        stored = as_meant(found["config"])
        for name in identity:
            if stored.get(name) != identity[name]:
                raise InputError(
                    f"{self.path} holds another sweep: its {name.replace('_', '-')} is "
                    f"{_short(stored.get(name))}, asked for is {_short(identity[name])}; name "
                    "another directory with --out, or ask for the same."
                )
        for part, checksum in checksums.items():
            if found["data"].get(part) != checksum:
                raise InputError(
                    f"{self.path} was made from other data: the checksum of the {part} "
                    f"{'code' if part == 'source' else 'split'} differs; name another directory "
                    "with --out."
                )

    @staticmethod
    def _read_json(path: Path) -> dict[str, Any]:
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(
                f"{path} cannot be read ({error}); delete it to have that part done again."
            ) from None
        if not isinstance(content, dict):
            raise InputError(f"{path} is not a record; delete it to have that part done again.")
        return content


def _is_foreign(path: Path) -> bool:
    """Whether something lies there that a sweep which was killed at its start does not leave."""
    if path.name in FOLDERS and path.is_dir():
        return any(path.iterdir())
    return path.name != LOCK and not path.name.startswith(TEMPORARY)


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}…"

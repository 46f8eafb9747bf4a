"""Run directories that somebody has damaged or crafted, and what every command makes of them."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import pandas as pd
import torch

from paretocli.cli.main import main
from paretocli.planning.plan import Shard, shards
from paretocli.sweeping.jobs import Job
from paretocli.sweeping.normalisation import without_scale
from paretocli.sweeping.resolve import resolve
from paretocli.sweeping.solve import Saved, solve
from paretocli.sweeping.store import RunDirectory
from paretocli.sweeping.subproblems import Subproblems
from tests.program import environment, paretocli

OUTSIDE = "outside.txt"
SECRET = "years of work"
SWEEP = (
    *("sweep", "vlmop2", "--points", "3", "--epochs", "3", "--train-samples", "20"),
    *("--threads", "1", "--jobs", "1", "--stack", "1", "--out", "run", "--quiet"),
)
UNDONE = 2  # the point that the half-finished sweep has not solved
PATIENCE = 60  # seconds

Ended = subprocess.CompletedProcess[str]

FILES = {
    "sweep": "sweep.json",
    "record": "points/0001.json",
    "network": "points/0001.safetensors",
    "history": "history/0001-0001.jsonl",
    "checkpoint": f"checkpoints/{UNDONE:04d}-{UNDONE:04d}.pt",
    "normalisation": "normalisation.json",
    "results": "results.csv",
    "front": "front.csv",
    "lock": ".lock",
}

READING = {
    "status": ("status", "run"),
    "status --json": ("status", "run", "--json"),
    "front": ("front", "run"),
    "select": ("select", "run", "--knee"),
    "compare": ("compare", "run"),
    "plot-front": ("plot-front", "run", "--out", "front.svg"),
    "--history": ("plot-front", "run", "--history", "--out", "history.svg"),
    "--layers": ("plot-front", "run", "--layers", "1", "--out", "layers.svg"),
    "--html": ("plot-front", "run", "--html", "page.html"),
    "export": ("export", "run", "1", "--format", "none", "--out", "small"),
}


def _changed(key: str, value: object) -> Callable[[Path], None]:
    """Give an entry, which may lie within others, another value in every object of a file."""

    def change(path: Path) -> None:
        lines = path.read_text().splitlines() if path.suffix == ".jsonl" else [path.read_text()]
        path.write_text("\n".join(json.dumps(_with(json.loads(one), key, value)) for one in lines))

    return change


def _with(content: object, key: str, value: object) -> object:
    if isinstance(content, dict):
        return {k: value if k == key else _with(v, key, value) for k, v in content.items()}
    return content


def _depth(path: Path) -> int:
    """How many folders a file of the directory `run` lies below the folder of that."""
    return path.absolute().parts[::-1].index("run")


def _state(*path: str | int, value: object = None) -> Callable[[Path], None]:
    """Give an entry of a checkpoint another value, or take it out."""

    def change(file: Path) -> None:
        whole = inner = torch.load(file, weights_only=True)
        for name in path[:-1]:
            inner = inner[name]
        if value is None:
            del inner[path[-1]]
        else:
            inner[path[-1]] = value
        torch.save(whole, file)

    return change


def _link(path: Path, target: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def _pipe(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def _folder(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()
    (path / "thesis.tex").write_text(SECRET)


ANY: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: path.unlink(missing_ok=True),
    "empty": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-20] if path.exists() else b"PK"),
    "binary": lambda path: path.write_bytes(bytes(range(256)) * 8),
    "a list": lambda path: path.write_text("[1, 2]"),
    "nested": lambda path: path.write_text("[" * 100_000),
    "nested objects": lambda path: path.write_text('{"config":' * 990 + "{}" + "}" * 990),
    "no keys": lambda path: path.write_text("{}"),
    "a pipe": _pipe,
    "a folder": _folder,
    "a link outside": lambda path: _link(path, path.absolute().parents[_depth(path)] / OUTSIDE),
    "a link nowhere": lambda path: _link(path, Path("nowhere")),
    "a link to itself": lambda path: _link(path, Path(path.name)),
    "a device": lambda path: _link(path, Path("/dev/zero")),
}
OWN: dict[str, dict[str, Callable[[Path], object]]] = {
    "sweep": {
        "no weights": _changed("weights", []),
        "weights of another length": _changed("weights", [[0.5], [0.2], [0.3]]),
        "weights as texts": _changed("weights", [["a", "b"]] * 3),
        "an endless stack": _changed("stack", 0),
        "epochs as a text": _changed("epochs", "3"),
        "many epochs": _changed("epochs", 10**15),
        "an objective twice": _changed("objectives", ["f1", "f1"]),
        "objectives as numbers": _changed("objectives", [1, 2]),
        "a steering name": _changed("objectives", ["f1\x1b[2J", "f2"]),
        "half a character": _changed("problem", "\ud800"),
        "another problem": _changed("problem", "../evil.py:make"),
    },
    "record": {
        "a weights_file outside": _changed("weights_file", "../../outside.txt"),
        "another point": _changed("point", 0),
        "a negative point": _changed("point", -1),
        "another status": _changed("status", "perhaps"),
        "weights of another length": _changed("weights", [1.0]),
        "no losses": _changed("loss", {}),
        "losses as texts": _changed("val", {"f1": "low", "f2": "high"}),
        "losses that are not finite": _changed("val", {"f1": float("nan"), "f2": float("inf")}),
        "a long number": lambda path: path.write_text('{"point": ' + "9" * 5000 + "}"),
        "layers of nothing": _changed("metric", [1]),
        "a steering error": _changed("status", "failed"),
    },
    "history": {
        "another point": _changed("point", 2),
        "a negative point": _changed("point", -1),
        "a late epoch": _changed("epoch", 10**12),
        "losses as texts": _changed("val", {"f1": "low", "f2": "high"}),
        "not UTF-8": lambda path: path.write_bytes(path.read_bytes() + b"\xff\xfe\n"),
        "torn": lambda path: path.write_bytes(path.read_bytes() + b'{"point": 1, "ep'),
    },
    "normalisation": {
        "short": _changed("ideal", [0.0]),
        "texts": _changed("reference_point", ["far", "away"]),
        "not finite": _changed("scale", [float("inf"), 1.0]),
        "no scale": _changed("scale", [0.0, 1.0]),
        "turned around": _changed("reference_point", [-1.0, -1.0]),
    },
    "network": {
        "a long header": lambda path: path.write_bytes(b"\xff" * 8 + path.read_bytes()[8:]),
    },
    "checkpoint": {
        "no training": _state("training"),
        "no solver": _state("training", "solver"),
        "no best epoch": _state("training", "best", "epoch"),
        "no networks": _state("training", "population", value={}),
        "networks as a text": _state("training", "population", value="networks"),
        "a loss of another shape": _state("training", "breakdown", "last", value=torch.ones(3)),
        "another parameter": _state("training", "population", "variable", value=torch.ones(1)),
        "no optimiser": _state("training", "descent", value=[]),
        "an optimiser of nothing": _state("training", "descent", value=[{}]),
        "no mean of the optimiser": _state("training", "descent", 0, "state", 0, "exp_avg"),
        "a mean of another shape": _state(
            *("training", "descent", 0, "state", 0, "exp_avg"), value=torch.ones(2)
        ),
        "a late epoch of training": _state("training", "epoch", value=10**15),
        "a late epoch": _state("epoch", value=10**15),
        "an epoch as a text": _state("epoch", value="last"),
        "another sweep": _state("owner", value="somebody"),
    },
    "results": {
        "no points": lambda path: path.write_text("point,status\n"),
        "one column": lambda path: path.write_text("point\n1\n"),
        "texts": lambda path: path.write_text(path.read_text().replace("0.", "zero ")),
        "a steering name": lambda path: path.write_text(
            path.read_text().replace("chebyshev", "\x1b[2J").replace("seconds", "\x1b]0;x\x07")
        ),
        "nulls": lambda path: path.write_bytes(path.read_bytes().replace(b"vlmop2", b"\0\0")),
    },
}


def cases() -> list[tuple[str, str]]:
    """Each kind of file with each kind of damage."""
    return [(kind, damage) for kind in FILES for damage in (*ANY, *OWN.get(kind, {}))]


def run(folder: Path, *arguments: str) -> Ended:
    """The program in a folder, in this process: for commands that train nothing."""
    command = ["paretocli", *arguments]
    with (
        mock.patch.dict(os.environ, environment(), clear=True),
        mock.patch.object(sys, "argv", command),
        _within(PATIENCE, command),
        _working_in(folder),
        _kept() as said,
    ):
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
    return subprocess.CompletedProcess(command, code, *said)


@contextmanager
def _within(seconds: int, command: Sequence[str]) -> Iterator[None]:
    """Fail where it takes longer; signals are taken as before afterwards."""

    def too_long(*_: object) -> None:
        raise AssertionError(f"{' '.join(command)} hangs")

    numbers = (signal.SIGALRM, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)
    before = {number: signal.getsignal(number) for number in numbers}
    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _working_in(folder: Path) -> Iterator[None]:
    there = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(there)


@contextmanager
def _kept() -> Iterator[list[str]]:
    """What is written to the descriptors of stdout and stderr until the end, which fills a list."""
    said: list[str] = []
    before = [os.dup(descriptor) for descriptor in (1, 2)]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        for descriptor, file in enumerate((out, err), start=1):
            os.dup2(file.fileno(), descriptor)
        try:
            yield said
        finally:
            for descriptor, kept in enumerate(before, start=1):
                os.dup2(kept, descriptor)
                os.close(kept)
        for file in (out, err):
            file.seek(0)
            said.append(file.read().decode())


def make(folder: Path) -> dict[str, bytes]:
    """A finished sweep, a half-finished one beside it, and what its tables should be."""
    done = paretocli(*SWEEP, cwd=folder)
    assert done.returncode == 0, done.stderr
    finished, half = folder / "finished", folder / "half"
    shutil.copytree(folder / "run", finished)
    shutil.move(folder / "run", half)
    for file in (half / "points").glob(f"{UNDONE:04d}.*"):
        file.unlink()
    for name in ("results.csv", "front.csv"):
        table = pd.read_csv(half / name)
        table[table["point"] != UNDONE].to_csv(half / name, index=False)
    shard = shards(range(3), 1)[UNDONE]
    RunDirectory(half).save_checkpoint(shard.name, _state_after_an_epoch(shard))
    RunDirectory(half).trim_history(shard.name, 1)
    return table_of(finished)


def _state_after_an_epoch(shard: Shard) -> bytes:
    threads = torch.get_num_threads()
    options = {"points": 3, "epochs": 3, "train_samples": 20, "threads": 1, "jobs": 1, "stack": 1}
    found = resolve({"problem": "vlmop2", **options})
    subproblems = Subproblems(found.config, found.problem, without_scale(found.config))
    *_, saved = solve(subproblems, Job(shard), 0, lambda: True)
    torch.set_num_threads(threads)
    assert isinstance(saved, Saved)
    return saved.state


def table_of(path: Path) -> dict[str, bytes]:
    """What a sweep gave, but for the time that it took."""
    table = pd.read_csv(path / "results.csv").drop(columns="seconds")
    networks = sorted((path / "points").glob("*.safetensors"))
    return {"table": table.to_csv().encode()} | {n.name: n.read_bytes() for n in networks}


def damaged(source: Path, folder: Path, kind: str, damage: str) -> Path:
    """A copy of a run directory in a folder with one file of it damaged."""
    shutil.copytree(source, folder / "run", symlinks=True)
    (folder / OUTSIDE).write_text(SECRET)
    path = folder / "run" / FILES[kind]
    (OWN.get(kind, {}) | ANY)[damage](path)
    return path


def refuse_harm(folder: Path, shown: Ended) -> None:
    """Fail where a command broke off with a trace, or touched what is not the sweep's."""
    out, err = shown.stdout, shown.stderr
    assert shown.returncode in (0, 2), err
    assert "Traceback" not in err, err
    assert "Warning" not in err, err
    assert shown.returncode == 0 or err.startswith("Error: ") or "\nError: " in err
    assert not {*map(chr, range(32)), "\x7f"} - {"\n", "\t"} & set(out + err)
    assert (folder / OUTSIDE).read_text() == SECRET
    theses = list(folder.rglob("thesis.tex"))
    assert all(thesis.read_text() == SECRET for thesis in theses)


def refuse_loss(folder: Path, shown: Ended, kind: str, expected: dict[str, bytes]) -> None:
    """Fail where the sweep's own command has not brought all results back, or lost one."""
    if shown.returncode == 0:
        assert table_of(folder / "run") == expected
    else:
        assert kind == "sweep", shown.stderr  # what such a directory was made for, nobody can say
        networks = {file.name for file in (folder / "run" / "points").glob("*.safetensors")}
        assert {"0000.safetensors", "0001.safetensors"} <= networks

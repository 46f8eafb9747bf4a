"""Run directories that somebody has damaged or crafted, and what every command makes of them."""

import contextlib
import io
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from paretocli.cli.main import _exit_code

OUTSIDE = "outside.txt"
SECRET = "years of work"
SWEEP = (
    *("sweep", "vlmop2", "--points", "3", "--epochs", "3", "--train-samples", "20"),
    *("--threads", "1", "--jobs", "1", "--stack", "1", "--out", "run", "--quiet"),
)
UNDONE = 2  # the point that the half-finished sweep has not solved

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
    "results": {
        "no points": lambda path: path.write_text("point,status\n"),
        "one column": lambda path: path.write_text("point\n1\n"),
        "texts": lambda path: path.write_text(
            path.read_text().replace("done", "done").replace("0.", "zero ")
        ),
        "nulls": lambda path: path.write_bytes(path.read_bytes().replace(b"vlmop2", b"\0\0")),
    },
}


def cases() -> list[tuple[str, str]]:
    """Each kind of file with each kind of damage."""
    return [(kind, damage) for kind in FILES for damage in (*ANY, *OWN.get(kind, {}))]


@dataclass(frozen=True)
class Shown:
    """What a command did."""

    code: int
    out: str
    err: str


def run(folder: Path, *arguments: str, seconds: int = 60) -> Shown:
    """The program in a folder, in this process, with a limit of time."""

    def too_long(*_: object) -> None:
        raise AssertionError(f"{' '.join(arguments)} hangs")

    out, err = io.StringIO(), io.StringIO()
    before, argv, there = signal.signal(signal.SIGALRM, too_long), sys.argv, Path.cwd()
    os.chdir(folder)
    sys.argv = ["paretocli", *arguments]
    signal.alarm(seconds)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = _exit_code()
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
        sys.argv = argv
        os.chdir(there)
    return Shown(code, out.getvalue(), err.getvalue())


def make(folder: Path) -> dict[str, bytes]:
    """A finished sweep, a half-finished one beside it, and what its tables should be."""
    done = run(folder, *SWEEP)
    assert done.code == 0, done.err
    shutil.copytree(folder / "run", folder / "finished")
    for file in (folder / "run" / "points").glob(f"{UNDONE:04d}.*"):
        file.unlink()
    for name in ("results.csv", "front.csv"):
        table = pd.read_csv(folder / "run" / name)
        table[table["point"] != UNDONE].to_csv(folder / "run" / name, index=False)
    shutil.move(folder / "run", folder / "half")
    return table_of(folder / "finished")


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


def refuse_harm(folder: Path, shown: Shown) -> None:
    """Fail where a command broke off with a trace, or touched what is not the sweep's."""
    assert shown.code in (0, 2), shown.err
    assert "Traceback" not in shown.err, shown.err
    assert (shown.code == 0) or shown.err.startswith("Error: ") or "\nError: " in shown.err
    assert not set(map(chr, (*range(9), *range(11, 32)))) & set(shown.out + shown.err)
    assert (folder / OUTSIDE).read_text() == SECRET
    theses = list(folder.rglob("thesis.tex"))
    assert all(thesis.read_text() == SECRET for thesis in theses)


def refuse_loss(folder: Path, shown: Shown, kind: str, expected: dict[str, bytes]) -> None:
    """Fail where the sweep's own command has not brought all results back, or lost one."""
    if shown.code == 0:
        assert table_of(folder / "run") == expected
    else:
        assert kind == "sweep", shown.err  # what such a directory was made for, nobody can say
        networks = {file.name for file in (folder / "run" / "points").glob("*.safetensors")}
        assert {"0000.safetensors", "0001.safetensors"} <= networks

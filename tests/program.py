"""The real program, run as a user runs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from paretocli.cli.main import main
from tests.forking import Forked

PROGRAM = Path(sys.executable).with_name("paretocli")


def environment(**changes: str) -> dict[str, str]:
    """This process's environment without the program's own variables, but for its data folder."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PARETOCLI_") or name in {"PARETOCLI_DATA", "PARETOCLI_CACHE"}
    }
    # Tests run side by side: one thread and one worker each, and the same numbers everywhere.
    return {**kept, "PARETOCLI_THREADS": "1", "PARETOCLI_JOBS": "1", **changes}


def paretocli(
    *arguments: object, cwd: Path, timeout: float = 300, **changes: str
) -> subprocess.CompletedProcess[str]:
    """Run it to its end, as a process of its own that has nothing left to import."""
    return forked(["paretocli", *map(str, arguments)], cwd, timeout, **changes)


def forked(
    command: list[str], cwd: Path, timeout: float = 300, **changes: str
) -> subprocess.CompletedProcess[str]:
    """Run it, or another program that `tests.fork_server` knows, by its name and arguments."""
    process = Forked(command, cwd, environment(**changes))
    try:
        code = process.wait(timeout)
    finally:
        process.kill()
    return subprocess.CompletedProcess(command, code, *process.communicate())


def freshly_started(
    *arguments: object, cwd: Path, timeout: float = 300, **changes: str
) -> subprocess.CompletedProcess[str]:
    """Run it in an interpreter of its own, as a shell does."""
    return subprocess.run(
        [str(PROGRAM), *map(str, arguments)],
        cwd=cwd,
        env=environment(**changes),
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )


def in_process(
    *arguments: object,
    cwd: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> tuple[object, str, str]:
    """Call the program's `main`, for starting it takes seconds: exit code, stdout and stderr."""
    wanted = environment()
    for name in os.environ.keys() - wanted.keys():
        monkeypatch.delenv(name)
    for name in wanted.keys() - os.environ.keys():
        monkeypatch.setenv(name, wanted[name])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(sys, "argv", ["paretocli", *map(str, arguments)])
    monkeypatch.chdir(cwd)
    with pytest.raises(SystemExit) as ended:
        main()
    shown = capfd.readouterr()
    return ended.value.code, shown.out, shown.err


def files_below(folder: Path) -> dict[str, bytes]:
    """All files below a folder, by relative path, with their content."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }

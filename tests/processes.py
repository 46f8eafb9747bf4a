"""Starting the program in the background, and what processes it has left."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from paretocli.execution.worker import NAME
from tests.forking import Forked
from tests.program import PROGRAM, environment

Program: TypeAlias = subprocess.Popen[str] | Forked


def hear_ctrl_c() -> None:
    """In the background, a shell makes all that it starts deaf to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def started(*arguments: object, cwd: Path, under: Sequence[str] = (), **changes: str) -> Program:
    """The program, in a session of its own; its stderr can be read when it has ended.

    Args:
        arguments: Of the program.
        cwd: Where it runs.
        under: A command that runs it.
        changes: Of its environment.
    """
    command = [str(PROGRAM), *map(str, arguments)]
    if not under and not changes:
        return Forked(command, cwd, environment())
    return subprocess.Popen(
        [*under, *command],
        cwd=cwd,
        env=environment(**changes),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=hear_ctrl_c,  # noqa: PLW1509 - no threads here
    )


def session_of(process: Program) -> list[int]:
    """All living processes of its session, itself included."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                state, _, _, session = (entry / "stat").read_text().rsplit(")", 1)[1].split()[:4]
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(session) == process.pid and state != "Z":
                found.append(int(entry.name))
    return sorted(found)


def workers_of(process: Program) -> list[int]:
    """Its worker processes, the oldest first."""
    return [pid for pid in session_of(process) if pid != process.pid and _name(pid) == NAME]


def wait_for(condition: Callable[[], object], process: Program | None = None) -> None:
    """Wait until something is so; a process that ends before that is an error."""
    for _ in range(6000):
        if condition():
            return
        assert process is None or process.poll() is None, process.communicate()[1]
        time.sleep(0.01)
    raise AssertionError("this took a minute")


def gone(process: Program) -> bool:
    """Whether nothing of it is left."""
    process.poll()
    return not session_of(process)


def kill_all(process: Program) -> None:
    """Clean up after a test that failed."""
    for pid in session_of(process):
        os.kill(pid, signal.SIGKILL)
    process.wait()


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""

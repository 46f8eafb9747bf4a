"""The program as a forked process, with the methods of `subprocess.Popen` that tests use."""

import functools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests import fork_client


class Forked:
    """A started program.

    Args:
        arguments: Of the program, its own name first.
        cwd: Where it runs.
        environment: All of its environment.
        out, err: What stdout and stderr are, files that can be read when it has ended if not given.
            A terminal becomes its own.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        cwd: Path,
        environment: dict[str, str],
        out: str = "",
        err: str = "",
    ) -> None:
        self.args = list(arguments)
        self._said = tempfile.TemporaryDirectory()
        self._files = [Path(self._said.name) / name for name in ("out", "err")]
        out, err = out or str(self._files[0]), err or str(self._files[1])
        order = {"arguments": self.args, "cwd": str(cwd), "environment": environment}
        self._path = environment.get("PYTHONPATH", "")
        self.pid: int = _ask({**order, "out": out, "err": err}, self._path)
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = _ask(self.pid, self._path)
        return self.returncode

    def wait(self, timeout: float = 300) -> int:
        """Its exit code; `subprocess.TimeoutExpired` where it takes longer."""
        until = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired(self.args, timeout)
            time.sleep(0.01)
        return code

    def communicate(self, timeout: float = 300) -> tuple[str, str]:
        """Its stdout and stderr when it has ended."""
        self.wait(timeout)
        out, err = (file.read_text() if file.exists() else "" for file in self._files)
        return out, err

    def kill(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)


def _ask(question: object, path: str) -> Any:
    _, lines = _server(path)
    lines.write(f"{json.dumps(question)}\n")
    lines.flush()
    answer = lines.readline()
    assert answer, "the server has ended; see its traceback in stderr"
    return json.loads(answer)


# Pandas brings pyarrow where it is installed, whose memory has a thread of its own; so has what
# compiles for a GPU. And whoever asks CUDA itself whether there is a GPU cannot use it in a fork.
ONE_THREAD = {
    "PYTORCH_NVML_BASED_CUDA_CHECK": "1",
    "TORCHINDUCTOR_COMPILE_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}


@functools.cache
def _server(path: str) -> tuple[socket.socket, Any]:
    """It ends with this process, which closes its end of the socket then.

    Args:
        path: Its PYTHONPATH, for a package that is found there offers its parts from the start.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        subprocess.Popen(
            [sys.executable, "-m", "tests.fork_server", str(theirs.fileno())],
            cwd=Path(__file__).parent.parent,
            env={**os.environ, **ONE_THREAD, "PYTHONPATH": path},
            pass_fds=[theirs.fileno()],
        )
    return ours, ours.makefile("rw")


def run_script(
    command: Sequence[str], cwd: Path, environment: dict[str, str], folder: Path
) -> subprocess.CompletedProcess[str]:
    """Run a shell script whose calls of `paretocli` are forked.

    Args:
        command: The script and its arguments.
        cwd: Where it runs.
        environment: All of its environment.
        folder: An empty one, for the program that it finds.
    """
    program = folder / "paretocli"
    client = Path(__file__).with_name("fork_client.py")
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "{client}" "$@"\n')
    program.chmod(0o755)
    channel, _ = _server(os.environ.get("PYTHONPATH", ""))
    # Where this Python is, there is the one for the other programs of the script.
    path = os.pathsep.join([str(folder), str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        command,
        cwd=cwd,
        env={**environment, "PATH": path, fork_client.VARIABLE: str(channel.fileno())},
        pass_fds=[channel.fileno()],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

"""Forks the program from a process that has imported it: a start takes seconds, a fork none.

Run as a script with the descriptor of a socket. A line that comes in is either what a program is
to be started with, and is answered with its process, or a process, and is answered with its exit
code, or null while it runs.
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import sys
import threading
import traceback
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.commands import remember_commands
from tests.disk import leave_unflushed
from tests.pictures import DRAWN, leave_pictures_blank
from tests.trees import leave_trees_few


def serve(channel: socket.socket) -> dict[str, Any] | None:
    """Answer until nobody asks any more; in a forked process, return what it shall become."""
    with channel, channel.makefile("rw") as lines:
        for line in lines:
            asked = json.loads(line)
            if isinstance(asked, dict):
                answer = os.fork()
                if answer == 0:
                    return asked
            else:
                process, status = os.waitpid(asked, os.WNOHANG)
                answer = os.waitstatus_to_exitcode(status) if process else None
            lines.write(f"{json.dumps(answer)}\n")
            lines.flush()
    return None


def become(arguments: list[str], cwd: str, environment: dict[str, str], out: str, err: str) -> None:
    """As a new process of its own session that a shell has started."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests themselves may be run by `nohup`
    for descriptor, name in enumerate([os.devnull, out, err]):
        # Who could read a pipe itself would never be told that its reader has gone away.
        mode = os.O_WRONLY if Path(name).is_fifo() else os.O_RDWR
        opened = os.open(name, mode | os.O_CREAT)
        os.dup2(opened, descriptor)
        os.close(opened)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.dont_write_bytecode = bool(environment.get("PYTHONDONTWRITEBYTECODE"))
    sys.argv = arguments
    leave_unflushed()
    if not DRAWN.items() <= environment.items():
        leave_pictures_blank()


def import_the_program() -> None:
    import paretocli

    for module in pkgutil.walk_packages(paretocli.__path__, "paretocli."):
        if not module.name.startswith(("paretocli.template", "paretocli.__main__")):
            with contextlib.suppress(ImportError):  # of an extra that is not installed
                importlib.import_module(module.name)
    late = ("typer._adapters", "torch._dynamo", "torch.export._trace")
    dask = ("distributed.cli.dask_scheduler", "distributed.cli.dask_worker")
    for name in (*late, "matplotlib.backends.backend_agg", *dask):
        with contextlib.suppress(ImportError):  # which version has it
            importlib.import_module(name)


def trace_networks() -> None:
    """Trace what most sweeps of the tests train, which do not have to then.

    Torch's tracer takes hold of a GPU where there is one, and no fork could use that any more: then
    every sweep traces its own.
    """
    import torch

    from paretocli.problems import multidigits
    from paretocli.sweeping.sweep_network import fresh_network
    from tests.remembered import hasten_tracing, remember_traces

    with contextlib.suppress(ImportError):  # where it is, the tracer's bar would start a thread
        importlib.import_module("tqdm").tqdm.monitor_interval = 0
    hasten_tracing()
    os.environ["PYTORCH_NVML_BASED_CUDA_CHECK"] = "1"  # which does not take hold of it either
    if torch.cuda.is_available():
        return
    remembered, problem = remember_traces(), multidigits.make()
    with torch.random.fork_rng(devices=[]):
        for name in ("narrow", "hps"):
            remembered(fresh_network(name, "default", problem, 0), problem)


def export_to_onnx() -> None:
    """Export a network, so that the next export finds imported and gathered what it needs."""
    import torch

    from paretocli.errors import InputError
    from paretocli.exporting.formats import FORMATS
    from tests.remembered import hasten_onnx

    hasten_onnx()
    small, batch = torch.nn.Linear(2, 2).eval(), {"inputs": torch.zeros(2, 2)}
    # An extra may not be installed; and where there is a GPU, see above.
    if not torch.cuda.is_available():
        with contextlib.suppress(ImportError, InputError), TemporaryDirectory() as folder:
            FORMATS["onnx"].write(small, ["output"], batch, Path(folder))


def make_commands() -> None:
    """Make the program's commands, which each fork would have to."""
    remember_commands()(importlib.import_module("paretocli.cli.main").app)


def run() -> int:
    """Run the program, or `pytest`, `dask-worker` and the like, to its end; its exit code."""
    dask = sys.argv[0].startswith("dask-")
    name = f"distributed.cli.{sys.argv[0].replace('-', '_')}" if dask else "paretocli.cli.main"
    try:
        if sys.argv[0] == "pytest":
            return int(importlib.import_module("pytest").main())
        importlib.import_module(name).main()
    except SystemExit as ended:
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def end(code: int) -> None:
    """End as an interpreter does, but for taking apart what was imported: that takes seconds."""
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None and not stream.closed:
                stream.flush()
        except OSError:
            code = 120  # as Python has it
    os._exit(code)


if __name__ == "__main__":
    gc.disable()  # all of it stays to the end
    import_the_program()
    trace_networks()
    export_to_onnx()
    make_commands()
    leave_trees_few()
    gc.freeze()  # collecting what was imported would copy its memory
    gc.enable()
    threads = [(task / "comm").read_text().strip() for task in Path("/proc/self/task").iterdir()]
    assert len(threads) == 1, f"a fork has only one of the threads {', '.join(threads)}"
    order = serve(socket.socket(fileno=int(sys.argv[1])))
    if order is not None:
        become(**order)
        end(run())

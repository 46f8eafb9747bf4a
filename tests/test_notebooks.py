"""The notebooks of the examples, executed, and what a notebook shows of a run."""

import ast
import json
import os
import re
import sys
from pathlib import Path
from queue import Empty

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient

from tests.program import environment

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))
SECONDS = 300  # until a kernel that says nothing has failed

# What takes the place of each notebook's parameters.
SHORT = {
    "compare_methods": {"POINTS": 3, "EPOCHS": 1, "SEEDS": [0]},
    "first_front": {"POINTS": 3, "EPOCHS": 1, "AT_LEAST": 0.1},
    "own_problem": {"SAMPLES": 200, "POINTS": 3, "EPOCHS": 1, "AT_LEAST": 0.1},
}


@pytest.fixture(scope="module")
def manager(tmp_path_factory):
    """A kernel that runs: this interpreter, this checkout, and folders of its own.

    One for all notebooks, since the packages that each imports take seconds.
    """
    own = tmp_path_factory.mktemp("jupyter")
    spec = own / "kernels" / "python3"
    spec.mkdir(parents=True)
    kernel = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    text = json.dumps({"argv": kernel, "display_name": "Python 3", "language": "python"})
    (spec / "kernel.json").write_text(text)
    changes = {name: str(own / name.lower()) for name in ("JUPYTER_RUNTIME_DIR", "IPYTHONDIR")}
    with pytest.MonkeyPatch.context() as patch:
        for name, folder in changes.items():
            patch.setenv(name, folder)
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        patch.setattr(os, "environ", environment(**changes, PYTHONPATH=path))
        os.environ.pop("MPLBACKEND", None)
        specs = KernelSpecManager(kernel_dirs=[str(spec.parent)], ensure_native_kernel=False)
        manager = KernelManager(kernel_name="python3", kernel_spec_manager=specs)
        manager.start_kernel()
        yield manager
        manager.shutdown_kernel(now=True)


@pytest.fixture
def client(manager):
    """Someone who runs cells in that kernel."""
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=SECONDS)
        yield client
    finally:
        client.stop_channels()


@pytest.fixture
def folder(client, tmp_path):
    """Where a notebook runs, in a kernel that knows no name of another notebook's."""
    path = tmp_path / "here"
    path.mkdir()
    begin = f"%reset -f\nimport os\nos.chdir({str(path)!r})\ndel os"
    assert not [kind for kind, _ in Cell(client, begin).messages() if kind == "error"]
    return path


def parameters_of(notebook):
    (cell,) = (c for c in notebook.cells if "parameters" in c.metadata.get("tags", ()))
    return cell


def test_each_notebook_is_shortened():
    assert {path.stem for path in NOTEBOOKS} == set(SHORT)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path, manager, folder):
    notebook = nbformat.read(path, as_version=4)
    cell = parameters_of(notebook)
    named = {target.id for line in ast.parse(cell.source).body for target in line.targets}
    assert named == set(SHORT[path.stem])
    cell.source = "\n".join(f"{name} = {value!r}" for name, value in SHORT[path.stem].items())
    client = NotebookClient(
        notebook, km=manager, timeout=SECONDS, resources={"metadata": {"path": str(folder)}}
    )
    client.execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []
    shown = [output.data for output in outputs if "data" in output]
    bars = [data["text/html"] for data in shown if "<progress" in data.get("text/html", "")]
    assert bars
    for bar in bars:
        value, most = re.search(r'value="(\d+)" max="(\d+)"', bar).groups()
        assert value == most
        assert "3/3 points" in bar
    assert any("image/png" in data for data in shown)
    assert any("<table" in data.get("text/html", "") for data in shown)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_holds_no_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
    assert notebook.metadata.kernelspec.name == "python3"
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert set(notebook.metadata.language_info) == {"name"}


class Cell:
    """A cell that runs: what its kernel sends, as it comes."""

    def __init__(self, client, code):
        self.client = client
        self.ident = client.execute(code)

    def messages(self):
        """All messages on this cell until it has ended."""
        while True:
            try:
                message = self.client.get_iopub_msg(timeout=SECONDS)
            except Empty:
                pytest.fail(f"The kernel has said nothing for {SECONDS} s.")
            if message["parent_header"].get("msg_id") != self.ident:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                return
            yield kind, content


# Points that train one after another, each for long enough to be interrupted.
SWEEP = """
from paretocli.library import notebook

notebook.SECONDS_BETWEEN = 0  # all that happens is shown
import paretocli

run = paretocli.sweep("vlmop2", points=2, epochs=10, stack=1, out="run")
print(len(run.results), "points")
"""


def progress_in(messages):
    """What a bar showed, one after another, and the identity of each display."""
    shown, displays = [], []
    for kind, content in messages:
        if kind in {"display_data", "update_display_data"}:
            shown.append(content["data"]["text/html"])
            displays.append((kind, content["transient"]["display_id"]))
    return shown, displays


def steps_in(shown):
    return [int(re.search(r'<progress value="(\d+)"', html).group(1)) for html in shown]


def test_interrupted_in_a_notebook_it_saves_and_goes_on(client, manager, folder):
    first, interrupted = [], False
    for kind, content in Cell(client, SWEEP).messages():
        first.append((kind, content))
        html = content.get("data", {}).get("text/html", "")
        if not interrupted and "point 0 (" in html and "point 1: epoch " in html:
            manager.interrupt_kernel()
            interrupted = True
    assert interrupted
    (error,) = (content for kind, content in first if kind == "error")
    assert error["ename"] == "StopError"
    assert "goes on from what was finished" in error["evalue"]
    assert not any(kind == "stream" for kind, _ in first)

    # The progress is one bar, which is updated in place.
    shown, displays = progress_in(first)
    assert [kind for kind, _ in displays].count("display_data") == 1
    assert displays[0][0] == "display_data"
    assert len({ident for _, ident in displays}) == 1
    steps = steps_in(shown)
    assert steps[0] == 0
    assert steps == sorted(steps)
    assert 10 < steps[-1] < 20
    assert 'max="20"' in shown[-1]
    assert "Stopping after this epoch" in shown[-1]
    assert "\r" not in "".join(shown)

    points = folder / "run" / "points"
    before = {file.name: file.stat().st_mtime_ns for file in points.iterdir()}
    assert sorted(before) == ["0000.json", "0000.safetensors"]
    second = list(Cell(client, SWEEP).messages())
    assert not any(kind == "error" for kind, _ in second)
    (stream,) = (content for kind, content in second if kind == "stream")
    assert (stream["name"], stream["text"]) == ("stdout", "2 points\n")
    for name, stamp in before.items():
        assert (points / name).stat().st_mtime_ns == stamp

    # It goes on within the point that was interrupted, too.
    shown, _ = progress_in(second)
    assert steps_in(shown)[-1] == 20
    assert min(step for step in steps_in(shown) if step > 10) == steps[-1]
    assert "point 0 (" not in shown[-1]
    assert "point 1 (" in shown[-1]
    assert "2/2 points" in shown[-1]

"""What `import paretocli` gives."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import paretocli
from paretocli import errors
from paretocli.core import problem
from paretocli.library import calls, run


def test_every_name_is_there():
    assert set(dir(paretocli)) == set(paretocli.__all__)
    for module in (problem, errors, calls, run):
        for name in vars(module):
            if name in paretocli.__all__:
                assert getattr(paretocli, name) is getattr(module, name)
    with pytest.raises(AttributeError, match="'paretocli' has no attribute 'Nothing'"):
        _ = paretocli.Nothing


def test_torchs_compiler_waits_until_something_is_compiled():
    code = "import sys, paretocli.sweeping.run; print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "torch" in modules
    assert "torch._dynamo" not in modules


def test_nothing_heavy_comes_with_it():
    code = "import sys, paretocli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "numpy", "pandas", "matplotlib", "rich", "typer"} & {*done.stdout.split()}


ROOT = Path(__file__).parents[1]
WITHOUT = """
import importlib.abc, sys

class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in sys.argv[1].split(","):
            raise ModuleNotFoundError(f"No module named {name!r}")

sys.meta_path.insert(0, Missing())
for name in sys.argv[2].split(","):
    importlib.import_module(name)
"""


def test_what_commands_import_needs_no_extra():
    """An extra is asked for by name where it is used; whoever has none can do all the rest."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    packages = {re.split(r"[\[<>=;~! ]", one)[0] for name in extras for one in extras[name]}
    needed = {re.split(r"[\[<>=;~! ]", one)[0] for one in project["dependencies"]}
    missing = {one.replace("-", "_") for one in packages - needed - {"paretocli"}}
    assert {"onnx", "onnxruntime", "plotly", "distributed"} <= missing
    files = [
        file for room in ("cli", "library") for file in (ROOT / "paretocli" / room).rglob("*.py")
    ]
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text()))]
    imported = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    modules = sorted(name for name in imported if name.startswith("paretocli."))
    code = [sys.executable, "-c", WITHOUT, ",".join(missing), ",".join(modules)]
    done = subprocess.run(code, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr

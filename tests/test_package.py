"""What `import paretocli` gives."""

import subprocess
import sys

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

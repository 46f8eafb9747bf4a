"""What `import paretocli` gives."""

import subprocess
import sys

import pytest

import paretocli
from paretocli.core import problem


def test_what_a_problem_is_made_of_is_there():
    names = {"Data", "Defaults", "Metric", "Problem", "Samples", "Task", "joined"}
    assert set(dir(paretocli)) == names | {"__version__"}
    for name in names:
        assert getattr(paretocli, name) is getattr(problem, name)
    with pytest.raises(AttributeError, match="'paretocli' has no attribute 'Nothing'"):
        _ = paretocli.Nothing


def test_nothing_heavy_comes_with_it():
    code = "import sys, paretocli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "numpy", "pandas", "matplotlib", "rich", "typer"} & {*done.stdout.split()}

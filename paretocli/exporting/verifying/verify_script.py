"""The script `verify.py` of an exported folder: the modules that verify it, as one file."""

import ast
import inspect
from types import ModuleType

from paretocli.exporting.verifying import verified_files, verified_outputs, verify

SCRIPT = "verify.py"
PACKAGE = "paretocli"


def script() -> str:
    """Its text, which imports nothing of this program."""
    parts = (verified_files, verified_outputs, verify)
    return f'"""{verify.__doc__}"""\n\n' + "\n\n".join(map(_alone, parts))


def _alone(module: ModuleType) -> str:
    """The source of a module without its docstring and what it imports of this program."""
    source = inspect.getsource(module)
    docstring, *others = ast.parse(source).body
    left_out = [docstring, *(one for one in others if _is_own(one))]
    gone = {n for one in left_out for n in range(one.lineno, (one.end_lineno or one.lineno) + 1)}
    lines = source.splitlines()
    return "\n".join(line for n, line in enumerate(lines, 1) if n not in gone).strip() + "\n"


def _is_own(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and (statement.module or "").startswith(PACKAGE)

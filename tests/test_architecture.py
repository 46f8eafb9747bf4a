"""The code is built as ARCHITECTURE.md says."""

import ast
import graphlib
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "paretocli"
ROOMS = re.findall(r"^\d+\. `(\w+)`", (ROOT / "ARCHITECTURE.md").read_text(), re.MULTILINE)
LARGEST = 300  # lines; where one stops to see what a file is about
OUTSIDE = {"template", "__main__", "paretocli"}  # a user's file, and the doors


def imports():
    """For each module, those of this package that it imports, not only for the types."""
    found = defaultdict(set)
    names = {_name(file): file for file in PACKAGE.rglob("*.py")}
    for name, file in names.items():
        tree = ast.parse(file.read_text())
        for_types = {
            id(inside)
            for node in ast.walk(tree)
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
            for inside in ast.walk(node)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and id(node) not in for_types and node.module:
                modules = [f"{node.module}.{alias.name}" for alias in node.names]
                found[name] |= {m if m in names else node.module for m in modules} & names.keys()
            elif isinstance(node, ast.Import) and id(node) not in for_types:
                found[name] |= {alias.name for alias in node.names} & names.keys()
    return dict(found)


def _name(file):
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room(module):
    """The folder that a module lies in, None for the plain files."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and (PACKAGE / parts[1]).is_dir() else None


def test_every_room_is_described():
    folders = {file.parent.name for file in PACKAGE.glob("*/__init__.py")}
    assert set(ROOMS) == folders - OUTSIDE
    assert len(ROOMS) == len(set(ROOMS))


def test_rooms_import_those_above_them():
    wrong = [
        f"{module} imports {other}"
        for module, others in imports().items()
        for other in others
        if room(module) in ROOMS and room(other) in ROOMS
        if ROOMS.index(room(other)) > ROOMS.index(room(module))
    ]
    assert not wrong


def test_plain_files_import_no_room():
    wrong = [
        f"{module} imports {other}"
        for module, others in imports().items()
        for other in others
        if room(module) is None and module.split(".")[-1] not in OUTSIDE and room(other)
    ]
    assert not wrong


def test_modules_import_each_other_in_no_circle():
    graphlib.TopologicalSorter(imports()).prepare()  # raises CycleError


def test_no_module_is_too_large():
    sizes = {file: len(file.read_text().splitlines()) for file in PACKAGE.rglob("*.py")}
    assert not {str(file): lines for file, lines in sizes.items() if lines > LARGEST}

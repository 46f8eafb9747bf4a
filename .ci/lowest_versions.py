"""Prints the oldest versions that pyproject.toml admits of what users install, one a line."""

import re
import tomllib
from pathlib import Path

OF_DEVELOPERS = ("dev", "docs")

project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())["project"]
extras = project["optional-dependencies"]
wanted = [*project["dependencies"], *(r for e in extras if e not in OF_DEVELOPERS for r in extras[e])]
for requirement in wanted:
    name, version = re.fullmatch(r"([\w.-]+)(?:\[.*\])?>=([\d.]+)", requirement).groups()
    print(f"{name}=={version}")

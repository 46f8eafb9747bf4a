"""Prints the oldest versions that pyproject.toml admits of what users install, one a line."""

import re
import tomllib
from pathlib import Path

OF_DEVELOPERS = ("dev", "docs")

project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())["project"]
extras = project["optional-dependencies"]
installed = [extras[extra] for extra in extras if extra not in OF_DEVELOPERS]
for requirement in [*project["dependencies"], *(one for extra in installed for one in extra)]:
    name, _, version = re.sub(r"\[.*\]", "", requirement).partition(">=")
    print(f"{name}=={version}")

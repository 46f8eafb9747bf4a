"""The README is a front door: its commands are those that are tested, and all doors open."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def test_ci_runs_the_test_command_of_the_readme():
    steps = [line.strip() for line in (ROOT / ".ci" / "run").read_text().splitlines()]
    (command,) = [line for line in README.splitlines() if line.endswith("pytest -n 3")]
    for part in command.split(" && "):
        assert part.replace("pip install ", "pip install --quiet ") in steps


def test_every_command_in_the_readme_exists():
    from paretocli.cli.main import app

    known = {command.name or command.callback.__name__ for command in app.registered_commands}
    used = {
        line.split("paretocli ", 1)[1].split()[0]
        for line in README.splitlines()
        if line.lstrip().startswith(("paretocli ", ".venv/bin/paretocli "))
    }
    assert used
    assert used <= known


def test_the_pictures_of_the_readme_are_there():
    names = [part.split(")", 1)[0] for part in README.split("](")[1:]]
    pictures = [name for name in names if name.endswith(".png")]
    assert pictures
    for name in pictures:
        assert (ROOT / name).is_file()


def test_the_links_of_the_readme_lead_somewhere():
    names = [part.split(")", 1)[0].split("#")[0] for part in README.split("](")[1:]]
    local = [name for name in names if not name.startswith("https://")]
    assert any(name.startswith("docs/tutorials/") for name in local)
    for name in local:
        assert (ROOT / name).is_file(), name


def test_every_page_is_reached_from_the_readme():
    written = {page.relative_to(ROOT).as_posix() for page in (ROOT / "docs").rglob("*.md")}
    assert len(written) > 10
    assert written <= {part.split(")", 1)[0].split("#")[0] for part in README.split("](")[1:]}


def test_the_readme_is_no_longer_than_a_front_door():
    assert len(README.splitlines()) <= 200


def test_the_licence_is_the_one_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["license"] == "MIT"
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")

"""The documentation: the site is built without a warning, and every block of code in it runs."""

import contextlib
import functools
import html.parser
import importlib
import inspect
import io
import os
import re
import shlex
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest

from paretocli.library import calls
from paretocli.options.file import read_config_file
from tests.forking import run_script
from tests.program import environment

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]

# What these begin with is read, not run.
NOT_RUN = {
    "pip install ": "it would change the environment that the tests run in",
    "python3 -m venv ": "likewise; `.ci/run` does it from nothing",
    ".venv/bin/": "likewise: what that environment would run",
    "git clone ": "it asks another host",
    "dask scheduler": "it serves until it is stopped; `--cluster local:N` stands for both",
    "dask worker ": "likewise",
    "mkdocs serve": "likewise; the site is built below",
    "tensorboard ": "likewise",
    "python examples/browser/": "npm asks another host; `test_browser_example.py` makes the page",
}
# What takes long, or needs data that not everybody has, by what stands in its place.
STAND_INS = {
    r"\bmultimnist\b": "multidigits",
    r"--cluster (local:2|tcp://host:8786)": "--dry-run",  # `test_cluster.py` starts workers
    r">= \d+ %": ">= 0 %",
    r'--targets "label\*"': '--targets "label?"',  # nine of fourteen, still a heat map
    r"measure runs/sizes$": "measure runs/sizes --format torch",  # ONNX takes seconds a network
    r"(check|sweep) examples/experts_table.py:make": r"\g<0> --set experts=2",
    r"--max-drop \d+": "--max-drop 90",
    r"--weights 1,2,2 --weights 3,1,1 ": r"\g<0>--lr 0.1 ",  # rows are zero after an epoch
}
LINE = re.compile(r"^(?P<fence>```+)(?P<info>[^\n`]*)\n(?P<code>.*?)^(?P=fence)$", re.M | re.S)
SWEEP = re.compile(r"\bparetocli (sweep|train)\b[^;&|#]*")
LANGUAGES = {"sh", "bash", "console", "python", "toml", "text", "csv"}


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    language: str
    title: str
    code: str
    line: int


def blocks_of(page):
    text = page.read_text()
    found = []
    for match in LINE.finditer(text):
        language, _, rest = match["info"].strip().partition(" ")
        title = re.search(r'title="([^"]+)"', rest)
        line = text[: match.start()].count("\n") + 1
        found.append(Block(language, title[1] if title else "", match["code"], line))
    return found


def in_short(options):
    """What makes a sweep of some options short, by the options' names."""
    # What is frozen at first needs an epoch in which it is not.
    short = {"epochs": 3 if "thaw" in options else 1, "retrain_epochs": 1}
    of_points = options.keys() & {"weights", "weights_file", "config", "single"}
    if not of_points and options.get("solver") not in {"equal", "single"}:
        short["points"] = 3
    if "digits" in str(options.get("problem", "multidigits")):
        short["train_samples"] = 256
    return short


def shortened(line):
    """A line of a shell script that takes no time."""
    for pattern, other in STAND_INS.items():
        line = re.sub(pattern, other, line)
    return SWEEP.sub(lambda found: f"{found[0].rstrip()}{short_flags(found[0])} ", line)


def short_flags(command):
    """The flags that shorten one `paretocli sweep` or `train`."""
    words = shlex.split(command)
    given = {
        word[2:].replace("-", "_"): after
        for word, after in pairwise([*words, ""])
        if word.startswith("--")
    }
    named = words[2] if len(words) > 2 and not words[2].startswith("-") else "multidigits"
    asked = {**given, "problem": "" if "config" in given else named}
    if words[1] == "train":
        asked["single"] = True
    return "".join(f" --{n.replace('_', '-')} {v}" for n, v in in_short(asked).items())


def commands_of(block):
    """The commands of a block, a line each; continued lines are joined."""
    code = re.sub(r"\\\n\s*", " ", block.code)
    if block.language == "console":
        lines = [line[2:] for line in code.splitlines() if line.startswith("$ ")]
    else:
        lines = code.splitlines()
    return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


def run_commands(block, folder, bin_folder):
    run = []
    for line in commands_of(block):
        skipped = [start for start in NOT_RUN if line.startswith(start)]
        if skipped:
            assert shlex.split(line, comments=True), line
        else:
            run.append(shortened(line))
    if not run:
        return
    # A cluster's worker is an interpreter of its own, and finds this checkout.
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = run_script(
        ["sh", "-ec", "\n".join(run)], folder, environment(PYTHONPATH=path), bin_folder
    )
    assert done.returncode == 0, f"{run}\n{done.stdout}\n{done.stderr}"


def run_python(block, page, folder, names):
    if block.title:
        (folder / block.title).write_text(block.code)
        importlib.invalidate_caches()
    code = compile("\n" * block.line + block.code, str(page), "exec")
    with contextlib.redirect_stdout(io.StringIO()):
        exec(code, names)


def read_toml(block, folder):
    content = tomllib.loads(block.code)
    assert content
    if block.title == "pyproject.toml":
        assert "project" in content
        return
    path = folder / (block.title or "options.toml")
    path.write_text(block.code)
    assert len(read_config_file(path)) == len(content)


class SLURMCluster:
    """Stands in for that of dask-jobqueue, which needs SLURM."""

    scheduler_address = "tcp://host:8786"

    def __init__(self, *, cores, processes, memory, walltime):
        assert memory.endswith("GB")

    def scale(self, *, jobs):
        assert jobs > 0


@pytest.fixture
def short_library(monkeypatch):
    """The calls of the library, made short as commands are; a batch system is stood in for."""
    for name in ("sweep", "train"):
        original = getattr(calls, name)

        @functools.wraps(original)
        def short(problem=None, *, _original=original, _single=name == "train", **options):
            asked = {**options, "problem": problem or "multidigits"}
            given = {**options, **in_short({**asked, "single": True} if _single else asked)}
            return _original(problem, progress=False, **given)

        monkeypatch.setattr(calls, name, short)
    for name in ("THREADS", "JOBS"):
        monkeypatch.setenv(f"PARETOCLI_{name}", "1")
    module = ModuleType("dask_jobqueue")
    module.SLURMCluster = SLURMCluster
    monkeypatch.setitem(sys.modules, "dask_jobqueue", module)


def name_of(page):
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_block_of_a_page_runs(page, tmp_path, tmp_path_factory, monkeypatch, short_library):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    names = {"__name__": "docs"}
    for block in blocks_of(page):
        where = f"{name_of(page)}, line {block.line}"
        assert block.language in LANGUAGES, where
        try:
            if block.language == "python":
                run_python(block, page, tmp_path, names)
            elif block.language == "toml":
                read_toml(block, tmp_path)
            elif block.language in {"sh", "bash", "console"}:
                run_commands(block, tmp_path, tmp_path_factory.mktemp("bin"))
        except Exception as error:
            raise AssertionError(f"{where}: {type(error).__name__}: {error}") from error


def test_the_examples_of_docstrings_run(tmp_path, monkeypatch, short_library):
    import paretocli

    monkeypatch.chdir(tmp_path)
    for solver in ("chebyshev", "linear"):
        paretocli.sweep("vlmop2", points=3, solver=solver, out=f"runs/{solver}")
    found = 0
    for call in (calls.check, calls.sweep, calls.train, calls.load_run, calls.compare):
        text = inspect.getdoc(call).split("Args:")[0]
        code = "\n".join(line[4:] for line in text.splitlines() if line.startswith("    "))
        exec(compile(code, call.__name__, "exec"), {"paretocli": paretocli})
        found += bool(code)
    assert found == 5


def test_no_block_is_left_out():
    for page in PAGES:
        fences = [line for line in page.read_text().splitlines() if line.lstrip().startswith("```")]
        assert len(fences) == 2 * len(blocks_of(page)), page


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CHANGELOG.md"], ids=lambda page: page.name)
def test_pages_are_printable(page):
    """A tab is what is left of a formula's backslash and t."""
    assert page.read_text().replace("\n", "").isprintable()


class References(html.parser.HTMLParser):
    """What a page loads, and the formulas that it shows."""

    def __init__(self):
        super().__init__()
        self.loaded = []
        self.formulas = 0

    def handle_starttag(self, tag, attributes):
        known = dict(attributes)
        if tag in {"script", "img", "iframe", "source", "video", "audio", "embed"}:
            self.loaded.append(known.get("src") or "")
        elif tag == "link":
            self.loaded.append(known.get("href") or "")
        self.formulas += tag == "math"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=ROOT,  # `-m` finds the program of this checkout there
        env=environment(NO_MKDOCS_2_WARNING="1"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder


def test_the_site_is_built_and_asks_no_other_host(site):
    pages = {path.relative_to(site).as_posix(): path.read_text() for path in site.rglob("*.html")}
    for page in DOCS.rglob("*.md"):
        assert page.relative_to(DOCS).with_suffix(".html").as_posix() in pages
    formulas = 0
    for name, text in pages.items():
        found = References()
        found.feed(text)
        foreign = [address for address in found.loaded if re.match(r"(\w+:)?//", address)]
        assert not foreign, name
        assert not re.search(r"url\([\"']?(\w+:)?//|@import", text), name
        # Formulas are there for everybody, not left to a script.
        assert "arithmatex" not in text, name
        formulas += found.formulas
    assert formulas > 10
    for sheet in site.rglob("*.css"):
        assert not re.search(r"url\([\"']?(https?:)?//|@import", sheet.read_text()), sheet


def test_the_page_of_commands_has_every_command_and_option(site):
    import typer

    from paretocli.cli.main import app
    from paretocli.options.declared import declared

    text = (site / "commands.html").read_text()
    sections = dict(re.findall(r'<h2 id="([\w-]+)">(.*?)(?=<h2 |</article>)', text, re.S))
    group = typer.main.get_command(app)
    assert set(group.commands) <= set(sections)
    for name, command in group.commands.items():
        for parameter in command.params:
            for flag in (*parameter.opts, *parameter.secondary_opts):
                if flag.startswith("-") and flag not in {"-h", "--help"}:
                    assert f"<code>{flag}</code>" in sections[name], (name, flag)
    for name in declared():
        assert f"<code>{name.replace('_', '-')}</code>" in sections["sweep"], name


def test_the_examples_of_the_help_are_commands_that_there_are():
    import typer

    from paretocli.cli.main import app

    group = typer.main.get_command(app)
    seen = 0
    for command in group.commands.values():
        for line in (command.help or "").partition("Examples:")[2].splitlines():
            words = shlex.split(line)
            if words:
                assert words[-len(words) :][words.index("paretocli")] == "paretocli"
                words = words[words.index("paretocli") + 1 :]
                group.commands[words[0]].make_context(words[0], words[1:])
                seen += 1
    assert seen > 10

"""A new user's first steps: `paretocli init`, and the commands that it names."""

import ast
import io
import shlex
import tokenize
from pathlib import Path

import pandas as pd

import paretocli as package
from tests.program import files_below, in_process, paretocli

TEMPLATE = Path(package.__file__).parent / "template"


def lines_of_code(path):
    """The lines that hold something else than comments and the docstring at the top."""
    text = path.read_text()
    docstring = ast.parse(text).body[0]
    skipped = {*range(docstring.lineno, docstring.end_lineno + 1)}
    blank = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENDMARKER}
    blank |= {tokenize.INDENT, tokenize.DEDENT}
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return {token.start[0] for token in tokens if token.type not in blank} - skipped


def test_what_is_written_runs_by_the_commands_that_are_named(tmp_path, monkeypatch, capfd):
    done = paretocli("init", "my problem", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "my problem"
    assert set(files_below(folder)) == {"problem.py", "sweep.toml"}
    assert len(lines_of_code(folder / "problem.py")) <= 30
    commands = [shlex.split(line) for line in done.stdout.splitlines() if line.startswith("  ")]
    assert [command[:2] for command in commands] == [
        ["paretocli", name] for name in ("check", "sweep", "front", "select")
    ]
    for _, *arguments in commands:
        code, out, err = in_process(*arguments, cwd=tmp_path, monkeypatch=monkeypatch, capfd=capfd)
        assert code == 0, err
        if arguments[0] != "check":
            # A task without a metric shows its loss.
            assert "loss" in out.splitlines()[1].split(), out
    table = pd.read_csv(folder / "run" / "results.csv")
    assert len(table) == 9
    # The tasks compete: neither network is best at both.
    assert table["on_front"].sum() > 1


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "empty").mkdir()
    before = files_below(tmp_path)
    for name in ("full", "file"):
        done = paretocli("init", name, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == (
            f"Error: {name} is there already and not an empty folder; name a new one, so that "
            "nothing is overwritten.\n"
        )
    assert files_below(tmp_path) == before
    assert paretocli("init", "empty", cwd=tmp_path).returncode == 0
    assert paretocli("init", "new/deep", cwd=tmp_path).returncode == 0
    for name in ("problem.py", "sweep.toml"):
        text = (TEMPLATE / name).read_bytes()
        assert (tmp_path / "empty" / name).read_bytes() == text
        assert (tmp_path / "new" / "deep" / name).read_bytes() == text

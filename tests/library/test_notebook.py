"""The bar of a notebook, without one."""

import sys
import types

import pytest

from paretocli.library import notebook


class Handle:
    def __init__(self):
        self.contents = []

    def update(self, content, *, raw):
        assert raw
        self.contents.append(content)


class Config:
    total_epochs = 1000
    weights = ((0.2, 0.8),) * 3
    objectives = ("a", "b")


@pytest.fixture
def shown(monkeypatch):
    """A bar, and what was made of it."""
    handle = Handle()
    module = types.ModuleType("IPython.display")
    module.display = lambda content, *, raw, display_id: handle
    monkeypatch.setitem(sys.modules, "IPython", types.ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    return notebook.Notebook(Config()), handle.contents


def record(point):
    figures = {"val": {"a": 1.0, "b": 2.0}}
    return {
        "point": point,
        "status": "done",
        "weights": [0.2, 0.8],
        "loss": figures,
        "metric": {"val": {}},
    }


def test_short_epochs_are_not_shown_one_by_one(shown, monkeypatch):
    bar, contents = shown
    now = [0.0]
    monkeypatch.setattr(notebook.time, "monotonic", lambda: now[0])
    bar.points_planned(range(3), 1000)
    bar.note("begun")
    before = len(contents)
    for epoch in range(1, 1001):
        now[0] += 0.01
        bar.epoch_finished((0,), [{"epoch": epoch}], 0.5)
    assert 40 <= len(contents) - before <= 60  # ten seconds
    bar.point_finished(record(0))
    assert 'value="1000" max="3000"' in contents[-1]["text/html"]
    assert "1/3 points, hypervolume 0.5" in contents[-1]["text/plain"]


def test_what_was_said_is_escaped_and_cut(shown):
    bar, contents = shown
    bar.note("<b>bold</b>")
    assert "&lt;b&gt;bold" in contents[-1]["text/html"]
    for number in range(notebook.MOST_LINES + 5):
        bar.note(f"line {number}")
    said = contents[-1]["text/plain"].splitlines()
    assert len(said) == notebook.MOST_LINES + 2  # the bar's words, and the mark
    assert said[1] == "…"
    assert said[-1] == f"line {notebook.MOST_LINES + 4}"


def test_elsewhere_there_is_no_notebook(monkeypatch):
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    assert not notebook.in_notebook()
    module = types.ModuleType("IPython")
    module.get_ipython = lambda: None
    monkeypatch.setitem(sys.modules, "IPython", module)
    assert not notebook.in_notebook()
    module.get_ipython = lambda: types.SimpleNamespace(config={"IPKernelApp": {}})
    assert notebook.in_notebook()

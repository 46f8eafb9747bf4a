import base64
import hashlib
import json
import re
import sys
from html.parser import HTMLParser

import pytest

from paretocli.errors import InputError
from paretocli.front.results import read_results
from paretocli.plots.page_data import gather_page
from paretocli.plots.page_file import check_page, page_of, save_page
from tests.sparse_run import write_sparse_run

MEGABYTE = 1_000_000


class Elements(HTMLParser):
    """Collect a page's scripts, its policy, and every attribute that could load something."""

    def __init__(self, text):
        super().__init__()
        self.scripts, self.loads, self.policy, self.title = [], [], "", ""
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self._inside = tag
        named = dict(attributes)
        if tag == "script":
            self.scripts.append("")
        if named.get("http-equiv") == "Content-Security-Policy":
            self.policy = named["content"]
        self.loads += [named[name] for name in ("src", "href", "srcset", "action") if name in named]

    def handle_data(self, data):
        if self._inside == "script":
            self.scripts[-1] += data
        if self._inside == "title":
            self.title += data

    def handle_endtag(self, tag):
        self._inside = ""


@pytest.fixture
def data(tmp_path):
    return gather_page([read_results(write_sparse_run(tmp_path / "run"))], "test")


def test_a_page_is_one_small_file(data, tmp_path):
    save_page(data, tmp_path / "page.html")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["page.html", "run"]
    assert (tmp_path / "page.html").stat().st_size < 5.2 * MEGABYTE


def test_hundreds_of_points_with_many_objectives_stay_below_six_megabytes(make):
    losses = [[row / 7 + j for j in range(14)] for row in range(800)]
    assert len(page_of(gather_page([make(losses)], "test")).encode()) < 6 * MEGABYTE


def test_nothing_is_loaded_and_only_the_own_scripts_may_run(data):
    found = Elements(page_of(data))
    assert found.loads == ["data:,"]
    kept, plotly, script = found.scripts
    assert json.loads(kept) == data
    digests = [
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for text in (plotly, script)
    ]
    assert f"script-src 'sha256-{digests[0]}' 'sha256-{digests[1]}';" in found.policy
    assert found.policy.startswith("default-src 'none';")
    assert "http" not in found.policy


def test_the_same_data_gives_the_same_file(data):
    assert page_of(data) == page_of(data)


@pytest.mark.parametrize(
    "text", ["</script><script>alert(1)</script>", "<!--<script>", "&lt;\u2028"]
)
def test_text_of_a_file_stays_text(data, text):
    data["title"] = data["series"][0]["name"] = text
    found = Elements(page_of(data))
    assert len(found.scripts) == 3
    assert json.loads(found.scripts[0])["series"][0]["name"] == text
    assert "<" not in found.scripts[0]
    assert found.title == text


def test_placeholders_in_the_data_stay_as_they_are(data):
    data["title"] = "$script ${data} $$"
    found = Elements(page_of(data))
    assert found.title == "$script ${data} $$"
    assert json.loads(found.scripts[0])["title"] == "$script ${data} $$"


def test_the_scripts_never_make_markup_of_text():
    # Text goes through textContent, append and setAttribute.
    script = Elements(page_of({"title": ""})).scripts[2]
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function"
    assert "textContent" in script
    assert not re.findall(forbidden, script)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("page.png", "should end in .html"),
        ("page", "should end in .html"),
        ("folder.html", "is a folder"),
        ("no/such/page.html", "cannot be written"),
    ],
)
def test_a_page_that_cannot_be_written_is_refused_before(tmp_path, name, message):
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(InputError, match=message):
        check_page(tmp_path / name)


def test_without_plotly_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "plotly", None)
    with pytest.raises(InputError) as caught:
        check_page(tmp_path / "page.html")
    assert str(caught.value) == "--html needs plotly; run pip install 'paretocli[html]'."

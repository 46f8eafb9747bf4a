"""The interactive page as one HTML file that needs nothing else."""

import base64
import hashlib
import html
import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any

from paretocli.errors import InputError
from paretocli.extras import require
from paretocli.outputs import check_output, write_output

_SCRIPTS = (
    "model.js",
    "words.js",
    "details.js",
    "refine.js",
    "scatter.js",
    "predicted.js",
    "parallel.js",
    "ranges.js",
    "controls.js",
    "follow.js",
    "page.js",
)
"""In the order in which they run."""

_STYLES = ("page.css", "details.css", "parallel.css")

_OPTION = "--html"


def check_page(path: Path) -> None:
    """Make sure that a page can be written to `path`, before any work is done for it.

    Raises:
        InputError: plotly is not installed, the file's name does not end in .html, or its folder is
            missing or cannot be written to.
    """
    require("plotly", extra="html", asked=_OPTION)
    if path.suffix.lower() not in {".html", ".htm"}:
        raise InputError(
            f'Page {path} should end in .html (found "{path.suffix or path.name}"); give such a '
            f"name with {_OPTION}."
        )
    check_output(path, "Page", _OPTION)


def save_page(data: Mapping[str, Any], path: Path) -> None:
    """Write the page of some data.

    Args:
        data: as `gather_page` gives it.
        path: the file.

    Raises:
        InputError: the page cannot be written.
    """
    write_output(path, page_of(data).encode(), "Page", _OPTION)


def page_of(data: Mapping[str, Any]) -> str:
    """The page's text, with plotly.js in it.

    A policy in its head forbids the browser any request, and any script but the two of the page:
    even text from a file that escaped its quotes could do nothing.
    """
    from plotly.offline import get_plotlyjs  # noqa: PLC0415 - an extra

    plotly: str = get_plotlyjs()
    script = '"use strict";\n' + "\n".join(map(_part, _SCRIPTS))
    policy = (
        f"default-src 'none'; script-src {_digest(plotly)} {_digest(script)}; "
        "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    return Template(_part("page.html")).substitute(
        policy=policy,
        title=html.escape(str(data["title"])),
        style="\n".join(map(_part, _STYLES)),
        data=_as_script(data),
        plotly=plotly,
        script=script,
    )


def _part(name: str) -> str:
    return (resources.files("paretocli.plots") / "page" / name).read_text(encoding="utf-8")


def _digest(script: str) -> str:
    """What the policy calls a script by."""
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _as_script(data: Mapping[str, Any]) -> str:
    """JSON that no text in it can end: inside of a script element `<` is the only danger."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")

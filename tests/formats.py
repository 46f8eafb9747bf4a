"""Formats of export whose packages are there."""

import pytest

from paretocli.exporting.formats import FORMATS, Format
from paretocli.exporting.runtimes.converting import unheard


def format_here(name: str) -> Format:
    """A format, or a skip: its packages may be large, and LiteRT's want older ones than others."""
    for module in FORMATS[name].needs:
        with unheard():
            pytest.importorskip(module, reason=f"the extra {FORMATS[name].extra} is not installed")
    return FORMATS[name]

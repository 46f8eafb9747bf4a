"""Parts of a page in Markdown that is read as text too, in 80 columns."""

import re
import textwrap
from collections.abc import Sequence

from paretocli.printable import one_line

WIDTH = 80

# An underscore within a word is none.
_MARKUP = re.compile(r"[\\`*\[\]|<>]|(?<![^\W_])_|_(?![^\W_])")
_BAR = re.compile(r"(?<!\\)\|")


def plain(text: object) -> str:
    """A text of anybody in one line, in which nothing is markup."""
    return _MARKUP.sub(r"\\\g<0>", one_line(str(text)))


def code(text: object) -> str:
    """A text of anybody as code, in one line."""
    found = one_line(str(text))
    if "`" not in found:
        return f"`{found}`"
    fence = "`" * (1 + max(map(len, re.findall("`+", found))))
    return f"{fence} {found} {fence}"


def paragraph(text: str) -> str:
    """A paragraph, which may hold markup."""
    return _filled(text, "", "")


def item(text: str) -> str:
    """An entry of a list, which may hold markup."""
    return _filled(text, "- ", "  ")


def table(header: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """A table, whose columns stand below each other.

    Args:
        header: Of each column.
        rows: Cells, which may hold markup.
        left: How many columns are aligned to the left; the others hold numbers.
    """
    rows = [[_BAR.sub(r"\|", cell) for cell in row] for row in rows]
    columns = list(zip(header, *rows, strict=True))
    widths = [max(3, *map(len, column)) for column in columns]
    rule = ["-" * w if n < left else "-" * (w - 1) + ":" for n, w in enumerate(widths)]
    lines = [
        [
            c.ljust(w) if n < left else c.rjust(w)
            for n, (c, w) in enumerate(zip(row, widths, strict=True))
        ]
        for row in (header, rule, *rows)
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _filled(text: str, first: str, others: str) -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )

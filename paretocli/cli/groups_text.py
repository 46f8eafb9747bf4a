"""Which rows become zero together, for a person."""

import textwrap

from paretocli.sparsity.grouping import Grouping, described

WIDTH = 80


def groups_text(
    grouping: Grouping,
    head: str = "Rows that read one channel or head become zero together, in groups:",
) -> list[str]:
    """A line on rows that become zero together, and one for each kind of them, if there are any."""
    if not grouping:
        return []
    return [head, *(_wrapped(f"  {one}") for one in described(grouping))]


def _wrapped(line: str) -> str:
    """A line in as many as a terminal has room for; names stay whole."""
    return textwrap.fill(
        line, WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )

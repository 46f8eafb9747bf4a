"""Text that came from a file, made fit to be printed: nothing in it steers a terminal."""

import unicodedata

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

# Control characters (escape sequences begin with one), halves of surrogate pairs, and characters
# that are not seen but change how others are: the order of writing, and breaks of lines.
_STEERING = frozenset({"Cc", "Cs", "Zl", "Zp"})
_ORDER = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def printable(text: str) -> str:
    """A text of several lines in which a sign stands for each character that steers a terminal."""
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "".join(c if c in "\n\t" or _is_shown(c) else REPLACEMENT for c in text)


def one_line(text: str) -> str:
    """The same in one line, as a name has to be."""
    return printable(text.replace("\r\n", " ").replace("\n", " ").replace("\t", " "))


def _is_shown(letter: str) -> bool:
    return unicodedata.category(letter) not in _STEERING and letter not in _ORDER

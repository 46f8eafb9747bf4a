"""Questions on stderr, answers from stdin: from a terminal, or piped."""

import sys

from paretocli.errors import InputError
from paretocli.printing import say

QUIT = ("q", "quit")


def ask(question: str) -> str:
    """An answer, without blanks around it.

    Raises:
        InputError: It is to quit, or the input has ended.
    """
    say(f"{question}: ", nl=False, err=True)
    line = sys.stdin.readline()
    answer = line.strip()
    if not line or answer in QUIT:
        raise InputError("No point was chosen; start again, or use --knee or --where.")
    return answer


def agreed(question: str) -> bool:
    """Whether the answer is yes; asked until it is yes or no, where nothing means no.

    Raises:
        InputError: It is to quit, or the input has ended.
    """
    while True:
        answer = ask(f"{question} [y/N]").lower()
        if answer in ("y", "yes"):
            return True
        if answer in ("", "n", "no"):
            return False
        say("Answer y or n.", err=True)

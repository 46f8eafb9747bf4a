"""Narrowing a front down to one point, by questions and answers."""

import sys

from paretocli.cli.point_tables import points_table
from paretocli.errors import InputError
from paretocli.front.results import Results
from paretocli.front.selection import fulfilling, parse_condition
from paretocli.printing import say

QUESTION = "Number of a point, or a condition such as size < 5000 (u: undo, q: quit)"


def choose(results: Results, rows: list[int], split: str) -> int:
    """The row that the user settles on.

    Tables and questions go to stderr, so that the answer alone can be piped.

    Raises:
        InputError: The user quits, or the input ends.
    """
    steps = [rows]
    while True:
        rows = steps[-1]
        say(points_table(results, rows, split), err=True)
        say(f"{QUESTION}: ", nl=False, err=True)
        line = sys.stdin.readline()
        answer = line.strip()
        if not line or answer == "q":
            raise InputError("No point was chosen; start again, or use --knee or --where.")
        if answer == "u":
            steps = steps[:-1] or steps
            continue
        numbers = {str(results.point(row)): row for row in rows}
        if answer in numbers:
            return numbers[answer]
        try:
            condition = parse_condition(answer, results, split)
            left, left_out = fulfilling(results, rows, condition)
        except InputError as error:
            say(f"{error}\n", err=True)
            continue
        if left_out.points:
            say(f"{results.source}: {left_out}.\n", err=True)
        if left:
            steps.append(left)
        else:
            say("No point fulfils that.\n", err=True)

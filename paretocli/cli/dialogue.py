"""Narrowing a front down to one point, and moving along it, by questions and answers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from paretocli.cli.answers import ask
from paretocli.cli.moving import Training, change, move, show_classes, start_at
from paretocli.cli.point_tables import points_table
from paretocli.errors import InputError, RunError
from paretocli.front.results import Results
from paretocli.front.selection import Condition, fulfilling, parse_condition
from paretocli.library.choosing import front_rows
from paretocli.planning.classification import KINDS, Classes
from paretocli.printing import say

QUESTION = "Point, condition or command (h: help, u: undo, q: quit)"
HELP = """\
5                 choose point 5
size < 5000       keep the points that fulfil a condition
from 5            begin at point 5, and say what should change there:
  improve COLUMN  as far as possible, or: improve accuracy_left to 95 %
  worsen COLUMN   may get worse, or down to a bound: worsen size to 30000
  leave COLUMN    stays as good as it is; so does what is not named
  go              the point that does that best, and a better one if you agree
u                 undo the last step
h                 this help
q                 quit
"""


@dataclass(frozen=True, eq=False)
class State:
    """How far a dialogue has come.

    Attributes:
        results: The sweep.
        rows: Those that are left.
        conditions: What narrowed them down.
        asked: From which point on what should change.
    """

    results: Results
    rows: Sequence[int]
    conditions: tuple[Condition, ...] = ()
    asked: Classes | None = None


class Dialogue:
    """Questions and answers until a point is chosen.

    Tables and questions go to stderr, so that the answer alone can be piped.

    Args:
        results: The sweep.
        rows: The points to choose from.
        split: The split that decides.
        conditions: What these fulfil.
        training: How points are trained.
    """

    def __init__(
        self,
        results: Results,
        rows: Sequence[int],
        split: str,
        conditions: Sequence[Condition],
        training: Training,
    ) -> None:
        self._split, self._training = split, training
        self._steps = [State(results, rows, tuple(conditions))]

    def choose(self) -> tuple[Results, int]:
        """The sweep, which may have grown, and the row that the user settles on.

        Raises:
            InputError: The user quits, or the input ends.
            StopError: The user stops a training; what was done is saved.
        """
        self._show()
        while True:
            answer = ask(QUESTION)
            state = self._steps[-1]
            numbers = {str(state.results.point(row)): row for row in state.rows}
            if answer in numbers:
                return state.results, numbers[answer]
            try:
                self._obey(answer, state)
            except (InputError, RunError) as error:
                say(f"{error}\n", err=True)

    def _obey(self, answer: str, state: State) -> None:
        word, _, rest = answer.partition(" ")
        if answer.isdecimal():
            raise InputError(f"Point {answer} is not among these; give the number of one that is.")
        if answer in ("h", "help", "?"):
            say(HELP, err=True)
        elif answer in ("u", "undo"):
            self._steps = self._steps[:-1] or self._steps
            self._show()
            if (asked := self._steps[-1].asked) is not None:
                show_classes(self._steps[-1].results, asked)
        elif word == "from":
            self._steps.append(replace(state, asked=start_at(state.results, rest, self._split)))
        elif word in KINDS and rest.strip()[:1] not in tuple("<>="):
            self._steps.append(replace(state, asked=change(state.results, state.asked, answer)))
        elif answer == "go":
            point = move(state.asked, self._training)
            if point is not None:
                self._go_on(state, point)
        else:
            self._narrow(answer, state)

    def _narrow(self, answer: str, state: State) -> None:
        condition = parse_condition(answer, state.results, self._split)
        left = self._left(state.results, state.rows, [condition])
        if not left:
            say("No point fulfils that.\n", err=True)
            return
        conditions = (*state.conditions, condition)
        self._steps.append(replace(state, rows=left, conditions=conditions))
        self._show()

    def _go_on(self, state: State, point: int) -> None:
        """Begin again with the points that are there now, at one of them."""
        results, rows = front_rows(self._training.path, self._split)
        left = self._left(results, rows, state.conditions)
        if not left:
            say("No point of the front fulfils the conditions now; they are dropped.", err=True)
            left, state = rows, replace(state, conditions=())
        elsewhere = point not in [results.point(row) for row in left]
        self._steps = [State(results, left, state.conditions)]
        self._show()
        if elsewhere:
            say(
                f"Point {point} is not among them: another one beats it in all losses, or a "
                "condition from before does not hold.",
                err=True,
            )
        asked = start_at(results, str(point), self._split)
        self._steps.append(replace(self._steps[0], asked=asked))

    def _left(
        self, results: Results, rows: Sequence[int], conditions: Sequence[Condition]
    ) -> list[int]:
        left = list(rows)
        for condition in conditions:
            left, left_out = fulfilling(results, left, condition) if left else ([], None)
            if left_out is not None and left_out.points:
                say(f"{results.source}: {left_out}.\n", err=True)
        return left

    def _show(self) -> None:
        state = self._steps[-1]
        say(points_table(state.results, state.rows, self._split), err=True)

"""The ways in which a command can end before it is done."""


class InputError(Exception):
    """Something that the user gave is wrong; shown as one sentence, exit code 2.

    The message says what is wrong, what was expected and what to do.
    """


class RunError(Exception):
    """A run failed although its input was right; shown as one sentence, exit code 1."""


class StopError(Exception):
    """Somebody asked a run to stop, by Ctrl-C or a signal, and it has saved all it had."""

    def __init__(self, exit_code: int, what: str = "command") -> None:
        super().__init__(f"Interrupted; the same {what} goes on from what was finished.")
        self.exit_code = exit_code

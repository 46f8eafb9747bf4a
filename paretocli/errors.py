"""The two ways in which a command can end badly."""


class InputError(Exception):
    """Something that the user gave is wrong; shown as one sentence, exit code 2.

    The message says what is wrong, what was expected and what to do.
    """


class RunError(Exception):
    """A run failed although its input was right; shown as one sentence, exit code 1."""

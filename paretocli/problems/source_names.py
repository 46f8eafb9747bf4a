"""What stands for a problem where it is named. Without torch: pictures need it too."""

MADE_IN_PYTHON = "object:"  # before the name of a problem that was made there


def name_for_people(source: str) -> str:
    """A problem as a title calls it."""
    return source.removeprefix(MADE_IN_PYTHON)

"""What many columns of labels were taken for, in few sentences."""

from collections.abc import Sequence

from paretocli.lists import some_of

MOST_ALONE = 4  # columns of which the same is said, one after the other


def label_notes(words: Sequence[tuple[str, str]]) -> list[str]:
    """Sentences on columns; where the same is said of many, once for all.

    Args:
        words: The task of each column, and what is said of it, which mostly begins with its name.

    Returns:
        The sentences in the order of the columns, one for many where their first one is.
    """
    alike: dict[str, list[str]] = {}
    for name, text in words:
        if text.startswith(f"{name}: "):
            alike.setdefault(text.removeprefix(f"{name}: "), []).append(name)
    found: list[str] = []
    for name, text in words:
        said = text.removeprefix(f"{name}: ")
        names = alike.get(said, [])
        if text == said or len(names) <= MOST_ALONE:
            found.append(f"{text}.")
        elif name == names[0]:
            found.append(f"{some_of(names)}, each: {said}.")
    return found

"""What a test of a part says where it fails."""


def expect(condition: object, sentence: str) -> None:
    """Fail with a sentence unless a condition holds; `assert` would be left out by `python -O`.

    Raises:
        AssertionError: It does not.
    """
    if not condition:
        raise AssertionError(sentence)

"""With how many threads something was timed, in words."""

import pytest

from paretocli.cli.threads_text import threads_text


@pytest.mark.parametrize(
    ("threads", "processors", "expected"),
    [
        (1, (), "1 thread not kept on any processor"),
        (1, (3,), "1 thread kept on processor 3"),
        (2, (0, 1), "2 threads kept on processors 0 and 1"),
        (3, (1, 2, 5), "3 threads kept on processors 1, 2 and 5"),
    ],
)
def test_processors_are_named(threads, processors, expected):
    assert threads_text(threads, processors) == expected

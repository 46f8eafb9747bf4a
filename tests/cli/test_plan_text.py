"""What a run would do, in words."""

from types import SimpleNamespace

import pytest

from paretocli.cli.plan_text import test_text as text_of_test
from tests.toys import vectors

WHOLE = (64, 24, 16)


@pytest.mark.parametrize(
    ("every", "sizes", "words"),
    [
        (0, WHOLE, "measured after the last epoch alone; each time takes about 7.4% of an epoch"),
        (1, WHOLE, "measured after every epoch; each time takes about 7.4% of an epoch"),
        (4, (64, 24, 65), "measured after every 4 epochs and the last; each time takes about 30%"),
        (1, (64, 24, 11), "each time takes about 5.1% of an epoch"),
    ],
)
def test_when_the_test_split_is_measured(every, sizes, words):
    config = SimpleNamespace(evaluate_every=every, batch_size=8)
    assert words in text_of_test(config, vectors(sizes=sizes))["test"]

"""Steps of a classification beside points that were held to sizes."""

import pytest

from paretocli.planning.classification import Classes
from paretocli.planning.nimbus import next_step
from tests.planning.in_a_line import in_a_line


@pytest.mark.parametrize("held", [0, 2, 3])
def test_beyond_the_sparsest_point_whatever_was_held(tmp_path, held):
    """Sizes are to fall as far as accuracies let them, which they do farther than any point is."""
    shares, sizes = [0.1, 0.3, 0.5, 0.7], [9000, 5000, 2000, 800]
    shrunk = [None] * (4 - held) + [9000] * held
    sweep = in_a_line(tmp_path / "run", shares, sizes, shrunk_from=shrunk)
    asked = Classes(0, improve=("compact_parameters",), worsen=("accuracy_a >= 0.5", "b <= 2"))
    step = next_step(sweep, asked, "asked")
    assert step.weights is not None
    assert step.weights[0] > 0.7

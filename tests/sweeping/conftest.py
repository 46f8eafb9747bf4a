from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="module")
def one_processor() -> Iterator[None]:
    """Sweeps that are told no number of threads or workers take one of each.

    Tests run side by side, and threads that wait for each other on busy processors burn what others
    could compute with.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOKY_MAX_CPU_COUNT", "1")
        yield

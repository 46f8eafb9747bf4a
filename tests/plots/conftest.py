from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from paretocli.front.results import Results, read_results

Maker = Callable[..., Results]


@pytest.fixture
def make(tmp_path: Path) -> Maker:
    """Write a run directory and read it."""

    def make(
        losses: Sequence[Sequence[float]],
        name: str = "run",
        *,
        objectives: Sequence[str] = (),
        analytic: bool = False,
        **constants: object,
    ) -> Results:
        table = np.asarray(losses, dtype=float)
        names = list(objectives) or [f"f{j + 1}" for j in range(table.shape[1])]
        columns = {"problem": "toy", "solver": "chebyshev", "seed": 0} | constants
        frame = pd.DataFrame({"point": range(len(table)), "status": "done", **columns})
        for j, objective in enumerate(names):
            frame[f"weight_{objective}"] = 1 / len(names)
            for k, split in enumerate(("train", "val", "test")):
                frame[f"loss_{objective}_{split}"] = table[:, j] + (0 if analytic else k - 2)
        (tmp_path / name).mkdir()
        frame.to_csv(tmp_path / name / "results.csv", index=False)
        return read_results(tmp_path / name)

    return make

"""Run directories of sweeps that nobody had to train."""

from pathlib import Path

import pandas as pd

# Test losses: the third point is dominated by the second, and no other one is.
SMALL = {
    "sparsity": [0.9, 0.5, 0.6, 0.2],
    "left": [0.1, 0.2, 0.3, 0.8],
    "right": [0.4, 0.3, 0.35, 0.9],
}


def write_sparse_run(folder: Path, solver: str = "chebyshev", *, shift: float = 0.0) -> Path:
    """Four finished points of three objectives and a failed one; a relative gap is missing."""
    frame = pd.DataFrame({"point": range(5), "status": ["done"] * 4 + ["failed"]})
    frame = frame.assign(problem="toy", network="hps", solver=solver, seed=0)
    for objective, losses in SMALL.items():
        frame[f"weight_{objective}"] = [0.1, 0.2, 0.3, 0.4, 0.5]
        for split, worse in {"train": 0.0, "val": 0.05, "test": 0.1}.items():
            noise = 0.0 if objective == "sparsity" else worse - 0.1
            frame[f"loss_{objective}_{split}"] = [*(one + shift + noise for one in losses), None]
    for objective in ("left", "right"):
        for split in ("val", "test"):
            frame[f"accuracy_{objective}_{split}"] = 1 - frame[f"loss_{objective}_{split}"] / 2
    frame["sparsity_rate"] = [0.0, 45.0, 30.0, 80.0, None]
    frame["compression_rate"] = [1.0, 1.8, 1.4, 5.0, None]
    frame["parameters_kept"] = [40000, 22000, 28000, 8000, None]
    frame["gap"] = [0.001, None, 0.003, 0.004, None]
    frame["relative_gap"] = [0.01, None, 0.03, 0.04, None]
    frame["weights_file"] = [f"points/{point:04d}.safetensors" for point in range(4)] + [None]
    folder.mkdir(parents=True)
    frame.to_csv(folder / "results.csv", index=False)
    return folder

"""What holds where neither the user nor the problem says otherwise."""

from typing import Any

DEFAULT_PROBLEM = "multidigits"

DEFAULTS: dict[str, Any] = {
    "solver": "chebyshev",
    "precision": "fp32",
    "compile": False,
    "epsilon": 1e-4,
    "smoothing": 0.1,
    "seed": 0,
    "checkpoint_every": 10.0,
    "cluster": "",
    "log": "none",
    "sparsity_of": "parameters",
    "theta": "flat",
    "theta_slope": 1.0,
    "sparsity_scale": "relative",
    "max_layer_sparsity": 1.0,
    "share_similarity": 0.8,
    "init": "default",
    "transfer": "none",
    "transfer_strength": 0.5,
    "transfer_until": 0.7,
    "transfer_kernel": "gaussian",
    "transfer_reach": 1.0,
    "batches": "shared",
    "distillation": 1.0,
    "distill_at": "shared",
}

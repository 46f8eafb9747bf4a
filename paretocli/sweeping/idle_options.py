"""Options that were given and do nothing."""

from paretocli.config import SweepConfig
from paretocli.config_file import Options
from paretocli.solvers.registry import OPTIONS, SOLVERS

# What shapes zero rows and ties, and what shapes f_0 besides.
PATTERN_OPTIONS = ("max_layer_sparsity", "share_similarity", "retrain_epochs", "retrain_lr")
SPARSITY_OPTIONS = (
    "sparse_layers",
    "sparsity_of",
    "theta",
    "theta_slope",
    "sparsity_scale",
    *PATTERN_OPTIONS,
)

# What each rule of transfer takes heed of.
_DRIFT = ("transfer_strength", "transfer_until", "transfer_tensors")
TRANSFERS: dict[str, tuple[str, ...]] = {
    "none": (),
    "neighbours": (*_DRIFT, "transfer_kernel", "transfer_reach"),
    "adaptive": _DRIFT,
    "split": ("branch_at",),
}
TRANSFER_OPTIONS = ("transfer", "batches", *TRANSFERS["neighbours"], *TRANSFERS["split"])


def without_effect(options: Options, config: SweepConfig) -> list[str]:
    """A sentence on options that were given and do nothing."""
    notes = []
    if config.theta == "flat" and "theta_slope" in options:
        notes.append("--theta-slope has no effect on the theta flat.")
    if config.sparsity_scale == "absolute" and config.sparsity and "sparsity_of" in options:
        notes.append("--sparsity-of has no effect on the absolute scale, which has no shares.")
    for key in OPTIONS:
        if key in options and key not in SOLVERS[config.solver].options:
            notes.append(f"--{key} has no effect on the solver {config.solver}.")
    idle = [
        key
        for keys in TRANSFERS.values()
        for key in keys
        if key in options and key not in TRANSFERS[config.transfer]
    ]
    if idle:
        names = ", ".join(f"--{key.replace('_', '-')}" for key in dict.fromkeys(idle))
        notes.append(f"No effect with --transfer {config.transfer}: {names}.")
    if config.transfer != "none" and len(config.weights) == 1:
        notes.append("With one point there is nobody to learn from: --transfer has no effect.")
    lonely = [key for key in ("distillation", "distill_at") if key in options]
    if lonely and not config.taught_by:
        names = ", ".join(f"--{key.replace('_', '-')}" for key in lonely)
        notes.append(f"No effect without --teachers: {names}.")
    unused = [key for key in SPARSITY_OPTIONS if key in options and not config.sparsity]
    if config.frozen_point:
        unused += [key for key in PATTERN_OPTIONS if key in options]
        if options.get("sparsity") and not config.sparsity:
            unused.insert(0, "sparsity")
    if unused:
        names = ", ".join(f"--{key.replace('_', '-')}" for key in dict.fromkeys(unused))
        why = "with --freeze-sparsity" if config.frozen_point else "without sparsity"
        notes.append(f"No effect {why}: {names}.")
    return notes

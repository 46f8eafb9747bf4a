"""Names with a meaning of their own. No torch in here."""

SPARSITY = "sparsity"  # the objective that is no task

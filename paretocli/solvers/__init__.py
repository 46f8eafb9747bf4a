"""From objectives (K, m) to a scalar to differentiate: the augmented Lagrangian and its rivals."""

"""A sweep of three points that takes a second, as a command."""

SWEEP = ("sweep", "vlmop2", "--points", "3", "--epochs", "4", "--out", "run", "--quiet")

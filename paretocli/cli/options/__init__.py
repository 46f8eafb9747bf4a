"""The options that `train` and `sweep` share, with their help: a module for each panel of it."""

"""A problem, a network, a solver, a transfer rule and a format for paretocli."""

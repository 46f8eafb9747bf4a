"""K subproblems as one stacked network."""

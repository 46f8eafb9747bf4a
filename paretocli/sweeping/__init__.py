"""From a plan of subproblems to a run directory of points."""

"""Explore the Pareto front of deep multi-task learning from the command line."""

import os

__version__ = "0.1.0"

# Threads that wait for others sleep, and do not keep a processor from other programs. OpenMP reads
# this once, when torch is imported, so it stands before anything here can import it; processes that
# this one starts take it over. What the user has set stays.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

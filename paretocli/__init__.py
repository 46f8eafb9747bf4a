"""Explore the Pareto front of deep multi-task learning from the command line."""

__version__ = "0.1.0"

"""Formats of other runtimes than torch: what writes a network for them, reads it and runs it."""

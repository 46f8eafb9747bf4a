"""Networks that learn from teachers as well as from data."""

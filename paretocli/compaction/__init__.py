"""Making a network physically small: zero rows, and what fed them, are taken out of its graph."""

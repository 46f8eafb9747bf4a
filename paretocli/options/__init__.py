"""The options of a sweep: each declared once, with all that follows from it."""

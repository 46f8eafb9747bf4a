"""What several commands take: options of their own, and those that a sweep declares."""

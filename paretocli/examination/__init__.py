"""What `paretocli check` finds out about a problem before it is swept."""

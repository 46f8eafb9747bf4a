"""Training a compact network further, with its numbers rounded as those of eight bits are."""

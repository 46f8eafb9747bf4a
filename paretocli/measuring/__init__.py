"""What the networks of a sweep take on a device: measured here, or elsewhere with a kit."""

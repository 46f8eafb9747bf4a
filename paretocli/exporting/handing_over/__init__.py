"""What goes with a network to whoever gets it: its card and a few samples."""

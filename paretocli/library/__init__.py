"""What a command does, as a call: sweeps and their run directories in Python."""

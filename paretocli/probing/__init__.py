"""What a problem's code does, found out on a few samples before anything is trained or written."""

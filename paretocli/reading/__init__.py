"""Data sets that are read as they are needed, ahead of the training, by processes of their own."""

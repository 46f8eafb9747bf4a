"""What a sweep is to do: the weights of its points, and how they are divided among workers."""

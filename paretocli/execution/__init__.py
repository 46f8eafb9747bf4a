"""Where the work of a sweep is done: in this process, in others, on a cluster."""

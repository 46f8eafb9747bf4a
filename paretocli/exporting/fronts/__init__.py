"""A whole front as one network that has the weights as an input."""

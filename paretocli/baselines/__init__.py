"""What a front should beat: a constant, a linear model and boosted trees for each task."""

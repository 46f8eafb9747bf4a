"""What everything is about: problems, their tasks, metrics and samples, and the forms of inputs."""

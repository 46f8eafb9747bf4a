"""What each kind of operation needs of what it reads, and how it becomes smaller."""

"""What a sweep leaves on disk, read as if anybody might have written it; without torch."""

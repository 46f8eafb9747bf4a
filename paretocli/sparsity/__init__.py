"""Small networks: GrOWL, shared rows, figures, compaction."""

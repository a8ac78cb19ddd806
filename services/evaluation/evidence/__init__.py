"""Evidence: documents that a centre gives for the indicators of its evaluation (2.3-2)."""

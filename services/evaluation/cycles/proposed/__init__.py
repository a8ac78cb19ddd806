"""What a second person decides about a running year."""

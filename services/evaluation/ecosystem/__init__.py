"""What the registry records around the centres (4.4 to 4.8), as far as evaluation counts it: copied from its events."""

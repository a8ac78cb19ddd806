"""Training for founders and for the staff of the centres (4.8-2)."""

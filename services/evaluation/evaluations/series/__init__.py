"""A centre's results over the years, with what changed from one to the next (2.3-3)."""

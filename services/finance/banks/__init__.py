"""Banks that take part, and how they are reached (3.2-1)."""

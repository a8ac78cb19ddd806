"""Changes of an open programme's terms, which only go forward (4.3-3)."""

"""A bank's day compared with ours: what both know, and what only one of the two does (3.2-1)."""

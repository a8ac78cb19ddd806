"""Money for alliances (4.6-3, 4.7-3)."""

"""The calculation sheet of the hire ratio as a paper (3.2-4)."""

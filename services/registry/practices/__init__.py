"""The library of good practice and how it was made known (5.2-1)."""

"""Inland firms paired with firms of the city (4.7-2)."""

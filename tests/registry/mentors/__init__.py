"""Mentors (4.8-1)."""

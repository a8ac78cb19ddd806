"""Carrying out a published delisting (2.3-5, 2.3-6) in one transaction."""

"""Rewards of financing (3.3-2)."""

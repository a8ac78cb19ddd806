"""Disputed deliveries, and what became of them (4.3-1)."""

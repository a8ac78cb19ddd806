"""Recorded holdings between providers and enterprises (4.3-2)."""

"""Notices upward: what a delisted centre holds that only those above the city can take away (2.3-5)."""

"""Tiers (层级) of centres: applied for, designated from above, and which one held on which day (2.1-0 to 2.1-3)."""

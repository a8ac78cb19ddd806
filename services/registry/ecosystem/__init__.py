"""Counters over mentors, training, activities, alliances, communities and the library (4.4 to 4.8)."""

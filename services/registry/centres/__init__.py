"""Centres (双创中心): registered, submitted, reviewed, listed, and read by everybody once listed."""

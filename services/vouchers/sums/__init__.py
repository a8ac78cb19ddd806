"""Sums by month, kept exactly: what every view of a year and every statement reads (4.3-4)."""

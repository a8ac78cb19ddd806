"""Yearly targets: what was aimed at, what was reached, and where the year is heading (1.2-3 to 1.2-5)."""

"""Programmes of counties and parks, each with its own budget (4.3-1, 4.3-3)."""

"""Yearly use reports of grants, with the performance self-review: what was paid, and what it was used for (3.1-4)."""

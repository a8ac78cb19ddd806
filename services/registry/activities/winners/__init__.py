"""Results of activities and what became of the winners (4.5-3)."""

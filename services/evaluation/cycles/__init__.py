"""The evaluation of a year (2.3-1): open, score, announce, approve, publish."""

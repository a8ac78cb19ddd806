"""Two records of one enterprise: what both were issued counts as one from then on (2.2-1, 4.3-3)."""

"""Angel funds (天使基金): a sub-fund for each centre, in which the municipal fund holds at most its share (3.2-2)."""

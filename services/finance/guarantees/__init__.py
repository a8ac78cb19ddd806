"""The guarantor's side of loans: its share of the risk, its fee, its limits, what it pays and recovers (3.2-3)."""

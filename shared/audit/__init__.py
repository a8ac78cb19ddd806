"""What every service gives the auditor: one case with its log, populations to draw from, relations, and spending."""

"""Communities around a centre, opened by the responsible divisions, and their yearly self-reports (4.4-1)."""

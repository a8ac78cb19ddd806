"""The yearly grades of centres, as evaluation publishes them (2.3-3)."""

"""Angel funds of centres (3.2-2)."""

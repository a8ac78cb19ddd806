"""Counties, districts and parks: leading group, offices, plans and policy files (5.1-1)."""

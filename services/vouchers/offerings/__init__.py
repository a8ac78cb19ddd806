"""Price lists of providers: what they offer, by the unit."""

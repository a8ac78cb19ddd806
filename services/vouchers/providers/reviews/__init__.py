"""The yearly review (年度复核) of a provider."""

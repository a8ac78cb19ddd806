"""Projects and teams without a code (2.2-1): hosted, and later registered as enterprises with their history."""

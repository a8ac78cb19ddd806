"""Taking back what was redeemed, whole or in part, as linked entries (4.3-4)."""

"""Recoveries (追回): what was paid for a redemption and is claimed back from the provider (4.3-4)."""

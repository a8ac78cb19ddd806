"""The library of graduate projects: offered with the owner's consent, published, chosen and followed up (4.8-4)."""

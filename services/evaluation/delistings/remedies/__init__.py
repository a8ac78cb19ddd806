"""Stay, lift and reversal of published delistings: orders of courts and reviewing authorities, and who has followed."""

"""Vouchers past their last day are stopped, and what they did not spend goes back (4.3-3)."""

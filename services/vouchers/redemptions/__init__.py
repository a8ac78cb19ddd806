"""Use of vouchers: hold, delivery, redemption and release (4.3-1, 4.3-2)."""

"""Requests about a voucher that was issued: extension, void, reinstatement (4.3-3, 4.3-4, 2.3-5)."""
